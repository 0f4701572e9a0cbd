"""`avatar-gui bench`: the figures the project holds itself to, measured where it runs."""
