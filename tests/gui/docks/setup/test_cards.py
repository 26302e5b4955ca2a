"""The card in the strategy picker: in the open list for the line that is pointed at, and on demand below."""


from engine.strategies import registry
from ivybt_desktop.docks.setup.card_words import card_words
from ivybt_desktop.docks.setup.strategy_card import html_of


def test_that_a_card_says_each_heading_once_and_tells_measured_costs():
    words = card_words("bollinger_reversion")
    assert words.title == "Bollinger reversion"
    assert [head for head, _ in words.parts if head] == ["Rule", "Works", "Fails", "Costs", "Source"]
    assert not any(text.startswith(("Works", "Fails", "Costs")) for _, text in words.parts)
    assert [cost for cost, _ in words.costs] == ["0 bps", "5 bps", "10 bps", "20 bps"]
    assert all(year.endswith("%") for _, year in words.costs)
    assert "orders a year" in words.measured


def test_that_a_strategy_that_did_not_trade_says_so_and_one_that_was_not_measured_says_nothing():
    assert card_words("external_signals").measured == ""
    assert card_words("external_signals").costs == ()
    assert card_words("bouncy_ball").measured.startswith("No trade with the defaults on S&P 500")
    assert card_words("no_such_strategy") is None


def test_that_marks_of_html_in_a_docstring_are_text(tmp_path):
    (tmp_path / "sharp.py").write_text(
        "from engine.strategies import Strategy\n"
        "class Sharp(Strategy):\n"
        "    '''Long if a < b & c > d.'''\n"
        "    title = 'Sharp'\n"
        "    def signals(self, bars, p):\n"
        "        return bars.close * 0.0\n"
    )
    registry.scan(tmp_path)
    try:
        words = card_words("sharp")
    finally:
        (tmp_path / "sharp.py").unlink()
        registry.scan(tmp_path)
    assert words.idea == "Long if a < b & c > d."
    assert words.measured == ""
    assert "a &lt; b &amp; c &gt; d" in html_of(words)
