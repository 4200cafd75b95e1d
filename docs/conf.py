"""How the documentation is built, by ``uv run nox -s docs``: a link or an anchor that leads nowhere ends the build.

Neither the build nor a reader needs a network: no fonts and no scripts from elsewhere, and pages open from a folder.
"""

project = "schemaproof"
html_title = "schemaproof"

extensions = ["myst_parser"]
myst_heading_anchors = 3  # levels of headings that links may name, as on GitHub
exclude_patterns = ["README.md"]

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["style.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
