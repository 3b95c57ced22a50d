"""Comparing models with classical restorers times fusion rules; see tools/analysis_tools/compare_methods.py."""
