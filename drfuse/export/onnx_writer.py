"""ONNX: blocks are exported one by one and joined, many times each, to the graph of the whole reverse process."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import Parameter, signature
from typing import Any

import onnx
import torch
from onnx import helper

from drfuse.export.unrolled import INPUTS, OUTPUTS, SWITCHED, UnrolledFusion, run_kind, unroll

OPSET = 18
_EXAMPLE, _KERNEL = (97, 110), (5, 7)  # different numbers everywhere, so that no two sizes are taken for one
_FLOAT, _INT = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64


def write_graph(fusion: UnrolledFusion, metadata: Mapping[str, str]) -> onnx.ModelProto:
    """Return the graph of a model for pictures of any size.

    Args:
        fusion: The model.
        metadata: Text that travels with it.
    """
    builder = _Builder({name: _export(fusion, name, args) for name, args in _examples(fusion).items()})
    outputs = unroll(builder.call, {name: name for name in INPUTS}, fusion.num_steps)
    nodes = [*builder.nodes, *(helper.make_node('Identity', [inner], [name])
                               for inner, name in zip(outputs, OUTPUTS, strict=True))]
    image = [1, 1, 'H', 'W']
    shapes = dict(y=(_FLOAT, image), sigma=(_FLOAT, image), factor=(_INT, []))
    inputs = []
    for name in INPUTS:
        kind = name.rpartition('_')[0]
        kernel = (_FLOAT, [f'{name}_height', f'{name}_width'])
        inputs.append(helper.make_tensor_value_info(name, *(kernel if kind == 'kernel' else shapes[kind or 'y'])))
    results = [helper.make_tensor_value_info(name, _FLOAT, image) for name in OUTPUTS]
    graph = helper.make_graph(nodes, 'drfuse', inputs, results, list(builder.initializers.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', OPSET)], ir_version=10,
                              producer_name='drfuse')
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model)
    return model


def _examples(fusion: UnrolledFusion) -> dict[str, tuple[torch.Tensor, ...]]:
    """Return arguments of every block, from a run that also folds the network for every step."""
    found: dict[str, tuple[torch.Tensor, ...]] = {}

    def call(block: str, *arguments: torch.Tensor) -> Sequence[torch.Tensor]:
        if block in SWITCHED:
            for kind in SWITCHED[block]:
                result = run_kind(call, block, kind, *arguments[:-1])
            return result
        found.setdefault(block, arguments)
        return fusion.blocks[block](*arguments)

    inputs = {}
    for s in 'ab':
        inputs |= {s: torch.rand(1, 1, *_EXAMPLE), f'kernel_{s}': torch.full(_KERNEL, 1 / (_KERNEL[0] * _KERNEL[1])),
                   f'sigma_{s}': torch.full((1, 1, *_EXAMPLE), 0.1), f'factor_{s}': torch.tensor(2)}
    with torch.no_grad():
        unroll(call, inputs, fusion.num_steps)
    return found


def _export(fusion: UnrolledFusion, block: str, arguments: Sequence[torch.Tensor]) -> onnx.ModelProto:
    sizes: list[Any] = [{i: torch.export.Dim.AUTO for i, n in enumerate(a.shape) if n > 3} for a in arguments]  # noqa: PLR2004
    module = fusion.blocks[block]
    variadic = next((k for k, p in enumerate(signature(module.forward).parameters.values())
                     if p.kind is Parameter.VAR_POSITIONAL), len(sizes))
    shapes = (*sizes[:variadic], tuple(sizes[variadic:])) if variadic < len(sizes) else tuple(sizes)
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(module, tuple(arguments), dynamo=True, opset_version=OPSET, verbose=False,
                                    dynamic_shapes=shapes, external_data=False)
    return program.model_proto


class _Builder:
    """Writes down calls of blocks as nodes.

    Args:
        blocks: Name to graph.

    Attributes:
        nodes: So far.
        initializers: By name; shared by all calls of a block.
    """

    def __init__(self, blocks: Mapping[str, onnx.ModelProto]) -> None:
        self.blocks = blocks
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}
        self._calls = 0

    def call(self, block: str, *arguments: str) -> list[str]:
        """Add the nodes of a call, with the names of its arguments; return those of its results."""
        if block not in SWITCHED:
            nodes, results = self._nodes(block, arguments)
            self.nodes += nodes
            return results
        *own, is_first = arguments
        branches, outer = [], self.nodes
        for kind in SWITCHED[block]:
            self.nodes = []
            results = run_kind(self.call, block, kind, *own)
            outputs = [helper.make_tensor_value_info(name, _FLOAT, [1, 1, None, None]) for name in results]
            branches.append(helper.make_graph(self.nodes, f'{block}_{kind}', [], outputs))
        self.nodes = outer
        name = f'{block}.{self._calls}'
        self.nodes.append(helper.make_node('If', [is_first], [name], name=name, then_branch=branches[0],
                                           else_branch=branches[1]))
        return [name]

    def _nodes(self, block: str, arguments: Sequence[str]) -> tuple[list[onnx.NodeProto], list[str]]:
        graph = self.blocks[block].graph
        self._calls += 1
        names = {'': '', **dict(zip((i.name for i in graph.input), arguments, strict=True))}
        for tensor in graph.initializer:
            names[tensor.name] = f'{block}.{tensor.name}'
            if names[tensor.name] not in self.initializers:
                shared = onnx.TensorProto()
                shared.CopyFrom(tensor)
                shared.name = names[tensor.name]
                self.initializers[shared.name] = shared
        nodes = []
        for node in graph.node:
            names |= {name: f'{block}.{self._calls}.{name}' for name in node.output if name}
            copy = helper.make_node(node.op_type, [names[i] for i in node.input], [names[o] for o in node.output],
                                    name=f'{block}.{self._calls}.{node.name}', domain=node.domain)
            copy.attribute.extend(node.attribute)
            nodes.append(copy)
        return nodes, [names[output.name] for output in graph.output]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what the exporter tells its own developers."""
    logger = logging.getLogger('torch.onnx')
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        logger.setLevel(level)
