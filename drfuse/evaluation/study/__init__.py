"""Small training studies under the same wall-clock time; see tools/analysis_tools/study.py."""
