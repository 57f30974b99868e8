"""Actions of the domain accounts: users, sessions, passwords, rate limit."""
