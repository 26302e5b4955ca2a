"""The registry: finding, isolating, reloading and forgetting plug-ins."""

import sys
from pathlib import Path

import pytest

import resources
from engine.core.errors import InputError, StrategyError
from engine.jobs.border import attempt
from engine.registry import Registry, is_plugin_module, snake_case
from engine.strategies import Strategy, check_declaration

PLAIN = """
from engine.strategies import Strategy

class {name}(Strategy):
    "One line."
    {extra}
    def signals(self, bars, p):
        return bars.close * {value}
"""


@pytest.fixture
def registry():
    return Registry(Strategy, "engine.strategies", "strategy", check_declaration)


def write(folder, file, name="MyIdea", value="0.0", extra=""):
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PLAIN.format(name=name, value=value, extra=extra))
    return path


def message(registry):
    [broken] = registry.broken
    return broken.message


@pytest.mark.parametrize(
    ("name", "expected"),
    [("EmaCross", "ema_cross"), ("RSIPullback", "rsi_pullback"), ("NR7", "nr7"), ("Newsom10", "newsom10"),
     ("BollingerReversion", "bollinger_reversion"), ("EMACross2", "ema_cross2")],
)  # fmt: skip
def test_that_class_names_become_ids(name, expected):
    assert snake_case(name) == expected


def test_that_the_built_in_strategies_are_there(registry):
    expected = {"buy_and_hold", "external_signals", "sma_cross", "ema_cross", "bollinger_reversion", "turtle", "supertrend"}
    assert expected <= set(registry.names())
    assert registry.path_of("ema_cross").name == "ema_cross.py"
    assert not registry.is_user_plugin("ema_cross")


def test_that_an_unknown_name_suggests_the_nearest(registry):
    with pytest.raises(InputError, match=r"unknown strategy 'emacross'. Did you mean 'ema_cross'\?") as caught:
        registry.get("emacross")
    assert caught.value.field == "strategy"
    assert caught.value.value == "emacross"


def test_that_a_file_in_the_users_folder_is_a_strategy(registry, tmp_path):
    path = write(tmp_path, "anything.py")
    registry.scan(tmp_path)
    assert registry.get("my_idea").__name__ == "MyIdea"
    assert registry.path_of("my_idea") == path
    assert registry.is_user_plugin("my_idea")
    assert is_plugin_module(registry.get("my_idea").__module__)
    assert registry.get("my_idea").title == "My idea"
    assert registry.folders == (tmp_path,)


def test_that_a_declared_id_counts_more_than_the_class_name(registry, tmp_path):
    write(tmp_path, "a.py", extra='id = "other_name"')
    registry.scan(tmp_path)
    assert "other_name" in registry.names()
    assert "my_idea" not in registry.names()


@pytest.mark.parametrize(
    ("source", "line", "expected"),
    [
        ("x = 1\ndef broken(:\n", 2, "SyntaxError"),
        ("\n\nimport no_such_module\n", 3, "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)\n", 1, "SystemExit"),
        ("1 / 0\n", 1, "ZeroDivisionError"),
        ("x = 1\n", 0, "no strategy class in this file"),
        ("x = '\0'\n", 0, "null bytes"),
        (PLAIN.format(name="EmaCross", value="0", extra=""), 4, "'ema_cross' is the id of a built-in strategy"),
        (PLAIN.format(name="A", value="0", extra='id = "My Idea"'), 4, "'My Idea' cannot be an id"),
    ],
)
def test_that_a_broken_file_is_told_with_its_line_and_does_not_stop_the_others(registry, tmp_path, source, line, expected):
    (tmp_path / "broken.py").write_text(source)
    write(tmp_path, "sound.py", "Sound")
    registry.scan(tmp_path)
    assert "sound" in registry.names()
    [broken] = registry.broken
    assert expected in broken.message
    assert "\n" not in broken.message
    assert broken.line == line
    assert broken.path == str(tmp_path / "broken.py")
    assert "Traceback" in broken.details
    with pytest.raises(StrategyError, match=r"broken\.py.*Mend the file"):
        registry.get("broken")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("pass", "neither a rule nor a signals method"),
        ("Params = 3\n    def signals(self, b, p): return 0", "Params does not derive from StrategyParams"),
        ("def decide(bars, bank, rows, params, target): pass", "Write @rule above it"),
        ("class Params(StrategyParams):\n        x: list = param(())\n    def signals(self, b, p): return 0", "which no form can show"),
        ("class Params(StrategyParams):\n        x: int = param(9, low=1, high=5)\n    def signals(self, b, p): return 0", "Use a value from 1 to 5"),
        ("class Params(StrategyParams):\n        x: int = param(9)\n        constraint = 'x < 3'\n    def signals(self, b, p): return 0", "must satisfy x < 3, were x=9"),
        ("class Params(StrategyParams):\n        x: int = param(9)\n        constraint = 'y < 3'\n    def signals(self, b, p): return 0", "unknown name 'y'"),
        ("def indicators(self, p): return {'a': ema('close', p.nope)}\n    def signals(self, b, p): return 0", "no attribute 'nope'"),
    ],
)  # fmt: skip
def test_that_a_declaration_that_cannot_work_is_broken_from_the_start(registry, tmp_path, body, expected):
    head = "from engine.strategies import Strategy, StrategyParams, param, rule\nfrom engine.indicators.moving_average import ema\n"
    (tmp_path / "a.py").write_text(f"{head}class Own(Strategy):\n    {body}\n")
    registry.scan(tmp_path)
    assert expected in message(registry)
    assert "own" not in registry.names()


def test_that_two_files_cannot_share_an_id(registry, tmp_path):
    write(tmp_path, "a.py")
    write(tmp_path, "b.py")
    registry.scan(tmp_path)
    assert registry.path_of("my_idea").name == "a.py"
    assert message(registry) == (
        "'my_idea' is already defined in a.py, so b.py is left out; rename the class in one of the two"
    )


@pytest.mark.parametrize("copy", ["idea copy.py", "idea-2.py", "idea (1).py", "idea2.py"])
def test_that_a_copy_of_a_file_does_not_take_its_id_away(registry, tmp_path, copy):
    write(tmp_path, "idea.py")
    write(tmp_path, copy, value="9.0")
    registry.scan(tmp_path)
    assert registry.path_of("my_idea").name == "idea.py"
    assert copy in message(registry)


def test_that_an_id_belongs_to_the_file_that_is_named_after_it(registry, tmp_path):
    write(tmp_path, "a.py")
    registry.scan(tmp_path)
    write(tmp_path, "my_idea.py")
    registry.scan(tmp_path)
    assert registry.path_of("my_idea").name == "my_idea.py"
    assert message(registry).startswith("'my_idea' is already defined in my_idea.py, so a.py is left out")


def test_that_a_clash_ends_when_the_other_file_goes(registry, tmp_path):
    first = write(tmp_path, "a.py")
    write(tmp_path, "b.py")
    registry.scan(tmp_path)
    first.unlink()
    registry.scan(tmp_path)
    assert registry.path_of("my_idea").name == "b.py"
    assert not registry.broken


def test_that_a_broken_file_of_another_name_is_found_by_the_id_it_held(registry, tmp_path):
    path = write(tmp_path, "notes.py")
    registry.scan(tmp_path)
    path.write_text("x = (")
    registry.scan(tmp_path)
    with pytest.raises(StrategyError, match=r"notes\.py:1: SyntaxError.*Mend the file"):
        registry.get("my_idea")
    cls, where = registry.last("my_idea")
    assert (cls.__name__, where) == ("MyIdea", path)


def test_that_a_file_that_does_not_end_is_broken_at_its_line_and_the_others_load(registry, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.registry._LOAD_SECONDS", 0.2)
    (tmp_path / "a.py").write_text("x = 1\ntry:\n    while True:\n        x += 1\nexcept Exception:\n    pass\n")
    write(tmp_path, "b.py")
    registry.scan(tmp_path)
    [broken] = registry.broken
    assert broken.message.startswith("took longer than 0.2 s")
    assert broken.line in (3, 4)
    assert "my_idea" in registry.names()


class Ten:
    close = 10.0


def test_that_a_steady_block_keeps_class_and_source_while_the_file_is_edited_and_deleted(registry, tmp_path):
    path = write(tmp_path, "a.py", value="0.1")
    registry.scan(tmp_path)
    with registry.steady():
        before, source = registry.get("my_idea"), registry.source_of("my_idea")
        write(tmp_path, "a.py", value="0.2")
        registry.scan(tmp_path)
        assert registry.get("my_idea") is before
        assert registry.source_of("my_idea") == source
        path.unlink()
        registry.scan(tmp_path)
        with registry.steady():
            assert registry.get("my_idea")().signals(Ten, None) == 1.0
    assert "my_idea" not in registry.names()


def test_that_frozen_sources_are_loaded_as_they_were_and_not_as_they_are(registry, tmp_path):
    write(tmp_path, "a.py", value="0.1")
    registry.scan(tmp_path)
    frozen = registry.freeze(["my_idea", "ema_cross"])
    write(tmp_path, "a.py", value="0.2")
    elsewhere = Registry(Strategy, "engine.strategies", "strategy", check_declaration)
    elsewhere.scan(tmp_path)
    with elsewhere.steady(elsewhere.thaw(frozen)):
        assert elsewhere.get("my_idea")().signals(Ten, None) == 1.0
        assert is_plugin_module(elsewhere.get("my_idea").__module__)
    assert elsewhere.get("my_idea")().signals(Ten, None) == 2.0
    assert elsewhere.thaw(elsewhere.freeze(["my_idea"]))[tmp_path / "a.py"].classes["my_idea"] is elsewhere.get("my_idea")


def test_that_two_classes_of_one_file_cannot_share_an_id(registry, tmp_path):
    text = PLAIN.format(name="A", value="0", extra='id = "same"') + PLAIN.format(name="B", value="0", extra='id = "same"')
    (tmp_path / "a.py").write_text(text)
    registry.scan(tmp_path)
    assert "'same' is defined twice in this file" in message(registry)


def test_that_a_clash_leaves_nothing_of_the_file_behind(registry, tmp_path):
    text = PLAIN.format(name="Fine", value="0", extra="") + PLAIN.format(name="SmaCross", value="0", extra="")
    (tmp_path / "a.py").write_text(text)
    registry.scan(tmp_path)
    assert "fine" not in registry.names()


def test_that_two_folders_may_hold_a_file_of_one_name(registry, tmp_path):
    write(tmp_path / "one", "idea.py", "First")
    write(tmp_path / "two", "idea.py", "Second")
    registry.scan(tmp_path / "one")
    registry.scan(tmp_path / "two")
    assert {"first", "second"} <= set(registry.names())
    assert registry.get("first").__module__ != registry.get("second").__module__
    assert not registry.broken


def test_that_a_deleted_file_is_forgotten(registry, tmp_path):
    path = write(tmp_path, "a.py")
    registry.scan(tmp_path)
    module = registry.get("my_idea").__module__
    path.unlink()
    registry.scan(tmp_path)
    assert "my_idea" not in registry.names()
    assert module not in sys.modules
    with pytest.raises(InputError, match="unknown strategy"):
        registry.get("my_idea")


def test_that_a_deleted_folder_is_forgotten(registry, tmp_path):
    path = write(tmp_path / "own", "a.py")
    registry.scan(path.parent)
    path.unlink()
    path.parent.rmdir()
    registry.scan(path.parent)
    assert "my_idea" not in registry.names()


def test_that_an_edit_counts_even_when_size_and_time_stay(registry, tmp_path):
    import os

    for value in ("0.1", "0.2", "0.3"):
        os.utime(write(tmp_path, "a.py", value=value), (1_700_000_000, 1_700_000_000))
        registry.scan(tmp_path)

        class Bars:
            close = 10.0

        assert registry.get("my_idea")().signals(Bars, None) == 10.0 * float(value)
    assert [path.name for path in tmp_path.rglob("*")] == ["a.py"]


def test_that_an_unchanged_file_keeps_its_class(registry, tmp_path):
    write(tmp_path, "a.py")
    registry.scan(tmp_path)
    first = registry.get("my_idea")
    write(tmp_path, "b.py", "Another")
    registry.scan(tmp_path)
    assert registry.get("my_idea") is first
    assert "another" in registry.names()


def test_that_a_mended_file_is_no_longer_broken(registry, tmp_path):
    path = tmp_path / "a.py"
    path.write_text("import nothing_of_that_name")
    registry.scan(tmp_path)
    assert registry.broken
    write(tmp_path, "a.py")
    registry.scan(tmp_path)
    assert not registry.broken
    assert "my_idea" in registry.names()
    path.write_text("(")
    registry.scan(tmp_path)
    assert "my_idea" not in registry.names()


def test_that_private_files_and_classes_and_folders_are_left_alone(registry, tmp_path):
    write(tmp_path, "_draft.py", "Draft")
    (tmp_path / "folder.py").mkdir()
    write(tmp_path / "templates", "t.py", "Template")
    write(tmp_path, "a.py", "_Base")
    registry.scan(tmp_path)
    assert not set(registry.names()) & {"draft", "template", "_base"}
    assert "no strategy class" in message(registry)


def test_that_a_missing_folder_holds_nothing(registry, tmp_path):
    registry.scan(tmp_path / "nowhere")
    assert not registry.broken


def test_that_module_names_are_the_same_in_every_process():
    from engine.registry import _module_name

    assert _module_name(Path("/home/ann/plugins/idea.py")) == "ivybt_plugin_2c8c47e7c048_idea"


def test_that_the_sample_and_the_templates_load(registry):
    folder = Path(resources.__path__[0]) / "plugins"
    registry.scan(folder)
    assert "rsi_pullback" in registry.names()
    assert not {"rule_template", "pandas_template"} & set(registry.names())
    registry.scan(folder / "templates")
    assert {"rule_template", "pandas_template"} <= set(registry.names())
    assert not registry.broken


def test_that_a_program_that_closes_does_not_wait_for_files_that_do_not_end(registry, tmp_path):
    import threading
    import time

    from engine.core.interrupt import interrupt_all

    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(f"open({str(tmp_path / 'begun')!r}, 'w').close()\nwhile True:\n    pass\n")
    found = []
    thread = threading.Thread(target=lambda: found.append(attempt(lambda: registry.scan(tmp_path))), daemon=True)
    thread.start()
    while not (tmp_path / "begun").exists():
        time.sleep(0.005)
    interrupt_all()
    thread.join(5.0)
    assert not thread.is_alive()
    assert "the program closes" in str(found[0].error)
    assert not registry.broken
