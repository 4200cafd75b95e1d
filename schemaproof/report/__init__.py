"""How a run is told.

outcome.py is what there is to tell, causes.py sees to it that a defect is told once, urgency.py says what to begin
with. text.py composes the report that people read: lines.py of a finding in full, groups.py of those that say the
same, summary.py what comes first, closing.py what comes last, style.py colours and width. json.py (schema.json says
what it holds), junit.py, sarif.py and gitlab.py are for programs, page/ is one of HTML, github.py and markdown.py for
a pull request; printing.py prints; location.py says where its code is for them. options.py is the command line's side
of it, files.py where reports go, early.py those of a run that was interrupted before its first check. characters.py
takes out what no report may hold. catalogue.py lists the checks.
"""
