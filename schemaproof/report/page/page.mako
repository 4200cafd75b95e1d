<%def name="finding(told)">\
<% one = told.finding %>\
<details class="finding ${one.severity}" id="${told.anchor}" data-severity="${one.severity}" data-area="${one.area}" data-revision="${one.revision or ''}"${' open' if told.begin else ''}>
<summary><span class="badge ${one.severity}">${one.severity}</span> <code>${one.check}</code> <span class="message">${told.message}</span></summary>
<div class="body">
% if one.where is not None:
<p class="place">${one.where} <a href="#${told.anchor}" aria-label="link to this finding">#</a></p>
% endif
% if told.code:
<pre class="code" aria-label="code">\
% for line in told.code:
<span class="line${' meant' if line.meant else ''}"><span class="number">${line.number}</span> ${line.text}</span>\
% endfor
</pre>
% endif
% if told.seen:
<h4>Seen</h4>
% for part in told.seen:
% if part.sessions:
<table class="turns">
<thead><tr><th scope="col">${part.sessions[0]}</th><th scope="col">${part.sessions[1]}</th></tr></thead>
<tbody>
% for session, words in part.turns:
<tr><td><code>${words if session == 0 else ''}</code></td><td><code>${words if session == 1 else ''}</code></td></tr>
% endfor
</tbody>
</table>
% elif part.grid is not None:
<div class="grid" tabindex="0" role="region" aria-label="table">
<table>
% if part.grid.head:
<thead><tr>\
% for cell in part.grid.head:
<th scope="col">${cell}</th>\
% endfor
</tr></thead>
% endif
<tbody>
% for place, row in enumerate(part.grid.rows):
<tr><th scope="row"><code>${row[0]}</code></th>\
% for number, cell in enumerate(row[1:], 1):
<td class="${'wrong' if (place, number) in part.grid.wrong else ''}"><code>${cell}</code></td>\
% endfor
</tr>
% endfor
</tbody>
</table>
</div>
% else:
<pre class="evidence">${part.text}</pre>
% endif
% endfor
% endif
% if told.keys is not None:
<h4>What a delete reaches</h4>
<div class="graph" tabindex="0" role="region" aria-label="foreign keys">
<svg width="${told.keys.width}" height="${told.keys.height}" viewBox="0 0 ${told.keys.width} ${told.keys.height}" role="img" aria-label="${told.keys.told}">
% for arrow in told.keys.arrows:
<path class="key ${arrow.kind}${' meant' if arrow.link.meant else ''}" d="${arrow.path}"/><path class="tip" d="${arrow.tip}"/><text class="key${' meant' if arrow.link.meant else ''}" x="${arrow.x}" y="${arrow.y}">${arrow.words}</text>
% endfor
% for box in told.keys.boxes:
<rect class="table${' again' if box.again else ''}" x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="3"/><text class="table" x="${box.x + 12}" y="${box.y + 17}">${box.name}</text>
% endfor
</svg>
</div>
% endif
% if one.consequence:
<h4>In production</h4>
<p>${one.consequence}</p>
% endif
% if one.remedy:
<h4>Remedy</h4>
<p class="remedy">\
% for number, piece in enumerate(told.remedy):
% if number % 2:
<code>${piece}</code>\
% else:
${piece}\
% endif
% endfor
</p>
% endif
<p class="also">Page: \
% if is_link(one.page):
<a href="${one.page}">${one.page}</a>
% else:
${reference(one.check)}
% endif
</p>
% if one.also_found_by:
<p class="also">Also found by ${', '.join(one.also_found_by)}.</p>
% endif
</div>
</details>
</%def>\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="schemaproof ${version}">
<title>${report.verdict}: ${counts}</title>
<style>${style | n}</style>
</head>
<body>
<a class="skip" href="#findings">Skip to the findings</a>
<header>
<h1><span class="verdict ${report.verdict}">${verdict}</span> <span class="counts">${counts}</span></h1>
<p class="about">${counted(len(report.revisions), 'revision')}, ${counted(len(report.checks), 'check')}, in ${f'{report.seconds:.1f}'} s${f" on PostgreSQL {report.postgres}" if report.postgres else ""}\
% if report.subject.get("driver"):
, driver ${report.subject["driver"]}\
% endif
.
% if report.server:
<br>${report.server}
% endif
<br>${report.subject.get("project", "")}</p>
</header>
<main>
% for one in report.obstacles:
<section class="obstacle" role="alert"><h2>${' of '.join(filter(None, (one.check, one.revision))) or 'The run'}</h2><p>${one.cause}</p>
% if one.evidence:
<pre class="evidence">${one.evidence}</pre>
% endif
% if one.remedy:
<p>${one.remedy}</p>
% endif
</section>
% endfor
% if number:
<div class="summary">
<section aria-labelledby="by-check">
<h2 id="by-check">By check</h2>
<table>
<thead><tr><th scope="col">check</th><th scope="col">area</th><th scope="col">errors</th><th scope="col">warnings</th><th scope="col">notes</th></tr></thead>
<tbody>
% for row in rows:
<tr><th scope="row"><code>${row.check}</code></th><td>${row.area}</td>\
% for severity, count in zip(severities, row.counts):
<td class="number${f' {severity}' if count else ' none'}">${count or '–'}</td>\
% endfor
</tr>
% endfor
</tbody>
</table>
</section>
% if begin:
<section aria-labelledby="begin-with">
<h2 id="begin-with">Begin with</h2>
<ol>
% for told in begin:
<li><a href="#${told.anchor}"><span class="badge ${told.finding.severity}">${told.finding.severity}</span> ${told.message}</a> <span class="place">${told.finding.where or ''}</span></li>
% endfor
</ol>
</section>
% endif
</div>
% endif
% if graph.nodes:
<section aria-labelledby="history">
<h2 id="history">History</h2>
<div class="graph" tabindex="0" role="region" aria-labelledby="history">
<svg width="${graph.width}" height="${graph.height}" viewBox="0 0 ${graph.width} ${graph.height}" role="img" aria-label="The revisions, from the first to the last">
% for path in graph.edges:
<path class="edge" d="${path}"/>
% endfor
% for node in graph.nodes:
<% place = places.get(node.revision) %>\
% if place is not None:
<a href="#${place.anchor}" class="node ${place.worst}"><title>${node.revision}: ${len(place.told)} ${'finding' if len(place.told) == 1 else 'findings'}</title><circle cx="${node.x}" cy="${node.y}" r="8"/><text x="${node.x}" y="${node.y}" dy="0.35em">${len(place.told) if len(place.told) < 100 else '∞'}</text></a>
% else:
<g class="node clean"><title>${node.revision}</title><circle cx="${node.x}" cy="${node.y}" r="5"/></g>
% endif
% if graph.named:
<text class="name" x="${node.x}" y="${node.y + 22}">${node.revision}</text>
% endif
% endfor
</svg>
</div>
</section>
% endif
<section aria-labelledby="findings">
<h2 id="findings">Findings</h2>
% if number:
<form class="filters" hidden>
<fieldset><legend>Severity</legend>
% for severity in severities:
<label><input type="checkbox" name="severity" value="${severity}" checked> ${severity}</label>
% endfor
</fieldset>
<label>Area <select name="area"><option value="">all</option>
% for area in areas:
<option>${area}</option>
% endfor
</select></label>
<label>Revision <select name="revision"><option value="*">all</option>
% for section in sections:
<option value="${section.revision or ''}">${section.revision or 'the project'}</option>
% endfor
</select></label>
<label>Text <input type="search" name="text" placeholder="name, message, evidence"></label>
<button type="button" name="unfold">Unfold all</button>
<output aria-live="polite">${number} of ${number}</output>
</form>
% for section in sections:
<section class="revision" id="${section.anchor}">
<h3>${f'Revision {section.revision}' if section.revision is not None else 'Project'}</h3>
% for told in section.told:
${finding(told)}\
% endfor
</section>
% endfor
% else:
<p>None.</p>
% endif
</section>
% if closing:
<section aria-labelledby="run">
<h2 id="run">The run</h2>
% for block in closing:
<pre class="closing">${block}</pre>
% endfor
</section>
% endif
</main>
<footer>schemaproof ${version}</footer>
<script>${script | n}</script>
</body>
</html>
