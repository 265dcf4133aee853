"""Choosing a model: the pane that the wizard and the dialog share."""
