"""The command line: ``drfuse``."""
