"""The published sets: their modalities, folders and file kinds, and nothing else."""

from typing import ClassVar

from drfuse.datasets.paired_fusion_dataset import PairedFusionDataset
from drfuse.registry import DATASETS


@DATASETS.register_module()
class M3FDDataset(PairedFusionDataset):
    """Infrared-visible pairs, 1024 x 768 (J. Liu et al., TarDAL, CVPR 2022).

    The infrared files hold three equal channels.
    """

    DEFAULT_PREFIX: ClassVar[dict[str, str]] = dict(ir='{split}/ir', vis='{split}/vi')
    EXTENSIONS: ClassVar[tuple[str, ...]] = ('.png',)


@DATASETS.register_module()
class RoadSceneDataset(PairedFusionDataset):
    """Infrared-visible road scenes of many sizes (H. Xu et al., FusionDN, AAAI 2020)."""

    DEFAULT_PREFIX: ClassVar[dict[str, str]] = dict(ir='{split}/ir', vis='{split}/vi')
    EXTENSIONS: ClassVar[tuple[str, ...]] = ('.jpg', '.jpeg', '.png')


@DATASETS.register_module()
class HarvardPETMRIDataset(PairedFusionDataset):
    """PET-MRI brain slices, 256 x 256 (Whole Brain Atlas, Harvard Medical School). PET is pseudo-colour."""

    DEFAULT_PREFIX: ClassVar[dict[str, str]] = dict(pet='{split}/pet', mri='{split}/mri')
    EXTENSIONS: ClassVar[tuple[str, ...]] = ('.png',)


@DATASETS.register_module()
class HarvardSPECTMRIDataset(PairedFusionDataset):
    """SPECT-MRI brain slices, 256 x 256 (Whole Brain Atlas). SPECT is pseudo-colour."""

    DEFAULT_PREFIX: ClassVar[dict[str, str]] = dict(spect='{split}/spect', mri='{split}/mri')
    EXTENSIONS: ClassVar[tuple[str, ...]] = ('.png',)


@DATASETS.register_module()
class HarvardCTMRIDataset(PairedFusionDataset):
    """CT-MRI brain slices, 256 x 256 (Whole Brain Atlas). Both are grey."""

    DEFAULT_PREFIX: ClassVar[dict[str, str]] = dict(ct='{split}/ct', mri='{split}/mri')
    EXTENSIONS: ClassVar[tuple[str, ...]] = ('.png',)
