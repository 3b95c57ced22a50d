"""The graph that is joined from blocks."""

import pytest

onnx = pytest.importorskip('onnx', reason='onnx is not installed: pip install drfuse[export]')


@pytest.mark.slow
def test_the_graph_says_what_it_takes(graphs):
    graph = onnx.load(graphs['any']).graph
    shapes = {i.name: [d.dim_value or d.dim_param for d in i.type.tensor_type.shape.dim] for i in graph.input}
    assert shapes['a'] == shapes['b'] == shapes['sigma_a'] == [1, 1, 'H', 'W'] and shapes['factor_b'] == []
    assert shapes['kernel_a'] == ['kernel_a_height', 'kernel_a_width']
    assert [o.name for o in graph.output] == ['fused', 'restored_a', 'restored_b', 'weight_a']
    # A^+ of pictures and patterns, cells, two residuals each
    assert sum(node.op_type == 'If' for node in graph.node) == 4 + 2 + 4


@pytest.mark.slow
def test_the_weights_are_there_once(graphs):
    initializers = [t.name for t in onnx.load(graphs['any']).graph.initializer]
    assert len(initializers) == len(set(initializers))
