"""Pages and API of the domain office: settings, first run, jobs."""
