"""Packaging: configs, tools, splits and weights travel inside the package as ``drfuse/.mim``."""

import re
import shutil
import sysconfig
from importlib.metadata import distributions
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
TRAVELS = ('configs', 'tools', 'splits', 'weights')


def version() -> str:
    """Return the version string of drfuse/version.py."""
    text = (ROOT / 'drfuse' / 'version.py').read_text(encoding='utf-8')
    return re.search(r"__version__ = '(.+)'", text).group(1)


def requirements(name: str) -> list[str]:
    """Return the lines of requirements/<name>.txt without comments."""
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text(encoding='utf-8').splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith('#')]


def has_full_mmcv() -> bool:
    """Return True if the environment that is being installed into already has the full mmcv.

    mmcv and mmcv-lite own the same folder, so lite must not be put on top. An isolated build does not see the
    environment through ``sys.path``; the interpreter's own scheme still names its site-packages.
    """
    paths = [sysconfig.get_path('purelib'), sysconfig.get_path('platlib')]
    return any((d.metadata['Name'] or '').lower() == 'mmcv' for d in distributions(path=paths))


def runtime_requirements() -> list[str]:
    """Return the runtime requirements, without mmcv-lite where a full mmcv serves."""
    lite = 'mmcv-lite'
    return [r for r in requirements('runtime') if not (r.startswith(lite) and has_full_mmcv())]


class BuildWithConfigs(build_py):
    """Copies the folders that travel into the built package; an editable install uses the repository's own."""

    def run(self) -> None:
        """Build, then copy."""
        super().run()
        if getattr(self, 'editable_mode', False):
            return
        for name in TRAVELS:
            target = Path(self.build_lib) / 'drfuse' / '.mim' / name
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns('__pycache__', '*.pyc'))


setup(
    name='drfuse',
    version=version(),
    description='Fuse degraded image pairs into one clean image and restore both sources on the way',
    long_description=(ROOT / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    license_files=['LICENSE'],
    python_requires='>=3.10,<3.13',
    packages=find_packages(include=['drfuse', 'drfuse.*']),
    include_package_data=True,
    install_requires=runtime_requirements(),
    extras_require={name: requirements(name) for name in ('tests', 'optional', 'demo', 'export', 'iqa', 'docs')},
    entry_points={'console_scripts': ['drfuse = drfuse.cli.app:main']},
    cmdclass={'build_py': BuildWithConfigs},
    classifiers=[
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Topic :: Scientific/Engineering :: Image Processing',
    ],
)
