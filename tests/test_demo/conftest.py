from ..test_apis.conftest import scene, zoo  # noqa: F401 - fixtures
