from docutils import nodes


def torque(name, raw, text, line, inliner, options=None, content=None):
    return [nodes.strong(raw, f"{float(text):.1f} N·m")], []


def setup(app):
    app.add_role("torque", torque)
    app.add_config_value("torque_unit", "N·m", "env")
    return {"version": "1", "parallel_read_safe": True}
