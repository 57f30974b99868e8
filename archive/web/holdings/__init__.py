"""Uploads, receipts and the streams of recordings."""
