"""Actions of the domain office: settings, first run, jobs."""
