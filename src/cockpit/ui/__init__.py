"""The screen: the only floor that knows Textual. Widgets draw a view and ask for actions; they decide nothing."""
