"""What the script writes of exported models, and that its cases can be observed."""


import pytest

from drfuse.export import graph_inputs


@pytest.fixture(scope='module')
def tool(load_tool):
    pytest.importorskip('onnx', reason='onnx is not installed: pip install drfuse[export]')
    return load_tool('analysis_tools/measure_export.py')


def test_the_tables_show_the_worst_size_and_ratios(tool):
    machine = dict(processor='P', threads=2, torch='2.13', date='today')
    common = dict(model='ivf', sha256='f' * 64, machine=machine,
                  files={r: dict(version='1', load_s=2.0, mb=8.0) for r in tool.FILES})
    rows = [dict(case=case, size=list(size), runtime=runtime, error=1e-6 * (1 + i)) for case in tool.CASES
            for i, size in enumerate(tool.SIZES) for runtime in tool.FILES]
    seconds = dict(pytorch=1.0, onnxruntime=2.0, openvino=0.5)
    text = tool.measured_text(dict(parity=dict(common, rows=rows), speed=dict(common, repeats=3, seconds=seconds)))
    assert '| noise | 4.0e-06 | 4.0e-06 |' in text
    assert '| ONNX Runtime | 1 | 2.00 | 0.50 | 8.0 | 2.0 |' in text and '| OpenVINO | 1 | 0.50 | 2.00 |' in text


def test_graphs_take_every_case(tool):
    for case in tool.CASES:
        inputs = graph_inputs(tool.observe(case, (40, 52), 'ivf', ('ir', 'vis')))
        assert inputs['a'].shape == inputs['b'].shape == (1, 1, 40, 52)
