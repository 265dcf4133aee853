"""The first-run wizard: a thin window over :class:`~caal_desktop.services.setup_service.SetupService`."""
