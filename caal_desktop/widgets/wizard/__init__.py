"""The first-run wizard: a thin window over :class:`~caal_desktop.services.setup.setup_service.SetupService`."""
