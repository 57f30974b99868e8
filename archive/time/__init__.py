"""Historical dates: EDTF, date phrases, the lunar calendar."""
