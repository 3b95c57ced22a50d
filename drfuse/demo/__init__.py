"""The page of ``drfuse demo``: pictures in, degradation, result; on this machine only."""
