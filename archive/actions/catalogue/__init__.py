"""Actions of the domain catalogue: interviews, collections, people, places, index points."""
