"""Pages of the domain accounts: users, sessions, passwords, sign-in."""
