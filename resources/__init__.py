"""Icons, themes, sample project and help, read through importlib.resources."""
