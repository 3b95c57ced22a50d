"""Every registry of drfuse on one screen.

The registries of the method are roots of their own, so a wrong name is reported as
``X is not in the drfuse::degradation registry``. The others are children of MMEngine's, so a config
may name MMEngine's types as well. Each registry knows where its classes live (``locations``) and
imports them when a type is first asked for; a third party adds classes with ``custom_imports``.
"""

from mmengine.registry import DATA_SAMPLERS as MMENGINE_DATA_SAMPLERS
from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import EVALUATOR as MMENGINE_EVALUATOR
from mmengine.registry import FUNCTIONS as MMENGINE_FUNCTIONS
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.registry import INFERENCERS as MMENGINE_INFERENCERS
from mmengine.registry import LOG_PROCESSORS as MMENGINE_LOG_PROCESSORS
from mmengine.registry import LOOPS as MMENGINE_LOOPS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODEL_WRAPPERS as MMENGINE_MODEL_WRAPPERS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS as MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS
from mmengine.registry import OPTIM_WRAPPERS as MMENGINE_OPTIM_WRAPPERS
from mmengine.registry import OPTIMIZERS as MMENGINE_OPTIMIZERS
from mmengine.registry import PARAM_SCHEDULERS as MMENGINE_PARAM_SCHEDULERS
from mmengine.registry import RUNNER_CONSTRUCTORS as MMENGINE_RUNNER_CONSTRUCTORS
from mmengine.registry import RUNNERS as MMENGINE_RUNNERS
from mmengine.registry import STRATEGIES as MMENGINE_STRATEGIES
from mmengine.registry import TASK_UTILS as MMENGINE_TASK_UTILS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import VISBACKENDS as MMENGINE_VISBACKENDS
from mmengine.registry import VISUALIZERS as MMENGINE_VISUALIZERS
from mmengine.registry import WEIGHT_INITIALIZERS as MMENGINE_WEIGHT_INITIALIZERS
from mmengine.registry import Registry

_SCOPE = 'drfuse'


def _root(name: str, *locations: str) -> Registry:
    return Registry(name, scope=_SCOPE, locations=list(locations))


def _child(parent: Registry, *locations: str) -> Registry:
    return Registry(parent.name, parent=parent, scope=_SCOPE, locations=list(locations))


# ---- the method -----------------------------------------------------------------------------
# stages of a degradation: linear operators, noise models, quantisers
DEGRADATIONS = _root('degradation', 'drfuse.degradations')
# pseudoinverses A^+ for operators without a closed form
PINV_SOLVERS = _root('pinv_solver', 'drfuse.degradations.pinv_solvers')
# restoration and fusion objectives
FUSION_LOSSES = _root('fusion_loss', 'drfuse.models.losses')
# networks that predict noise and fusion weights
BACKBONES = _root('backbone', 'drfuse.models.backbones')
# reverse processes and their parts: alpha schedules, correction scales
SAMPLERS = _root('sampler', 'drfuse.diffusion')
# what the method is measured against: restorers of one source, rules that fuse two
RESTORERS = _root('restorer', 'drfuse.baselines')
FUSERS = _root('fuser', 'drfuse.baselines')

# ---- children of MMEngine's -----------------------------------------------------------------
# whole models and data preprocessors
MODELS = _child(MMENGINE_MODELS, 'drfuse.models', 'drfuse.baselines')
# paired datasets
DATASETS = _child(MMENGINE_DATASETS, 'drfuse.datasets')
# batch samplers that name every random draw
DATA_SAMPLERS = _child(MMENGINE_DATA_SAMPLERS, 'drfuse.datasets')
# steps of a data pipeline
TRANSFORMS = _child(MMENGINE_TRANSFORMS, 'drfuse.datasets.transforms')
# fusion and restoration metrics
METRICS = _child(MMENGINE_METRICS, 'drfuse.evaluation')
# drawing panels of sources, weights and the fused image
VISUALIZERS = _child(MMENGINE_VISUALIZERS, 'drfuse.visualization')
VISBACKENDS = _child(MMENGINE_VISBACKENDS, 'drfuse.visualization')
# single-call prediction
INFERENCERS = _child(MMENGINE_INFERENCERS, 'drfuse.apis')
# the training engine
HOOKS = _child(MMENGINE_HOOKS, 'drfuse.engine')
LOOPS = _child(MMENGINE_LOOPS, 'drfuse.engine')
OPTIM_WRAPPERS = _child(MMENGINE_OPTIM_WRAPPERS, 'drfuse.engine')
RUNNERS = _child(MMENGINE_RUNNERS, 'drfuse.engine')
RUNNER_CONSTRUCTORS = _child(MMENGINE_RUNNER_CONSTRUCTORS, 'drfuse.engine')
OPTIM_WRAPPER_CONSTRUCTORS = _child(MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS, 'drfuse.engine')
OPTIMIZERS = _child(MMENGINE_OPTIMIZERS, 'drfuse.engine')
PARAM_SCHEDULERS = _child(MMENGINE_PARAM_SCHEDULERS, 'drfuse.engine')
LOG_PROCESSORS = _child(MMENGINE_LOG_PROCESSORS, 'drfuse.engine')
STRATEGIES = _child(MMENGINE_STRATEGIES, 'drfuse.engine')
EVALUATOR = _child(MMENGINE_EVALUATOR, 'drfuse.evaluation')
# the rest, so that no lookup in the drfuse scope comes up empty
FUNCTIONS = _child(MMENGINE_FUNCTIONS, 'drfuse.engine')
MODEL_WRAPPERS = _child(MMENGINE_MODEL_WRAPPERS, 'drfuse.models')
WEIGHT_INITIALIZERS = _child(MMENGINE_WEIGHT_INITIALIZERS, 'drfuse.models')
TASK_UTILS = _child(MMENGINE_TASK_UTILS, 'drfuse.models')
