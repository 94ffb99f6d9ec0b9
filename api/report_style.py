"""The style sheet of the evaluation's page: light and dark, screen and paper, nothing fetched."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de;
  --paper: #ffffff; --card: #f6f8fa; --blue: #2f6fbb; --blue-soft: #9cc2ea; --red: #b3382c;
  --mark: #ffe58a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #9aa4af; --line: #3a424c;
  --paper: #14181d; --card: #1d232a; --blue: #79b0ee; --blue-soft: #2f5685; --red: #f08a7e;
  --mark: #6d5a12; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; line-height: 1.2; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 0 0 .25rem; }
p { margin: .25rem 0 .75rem; }
.soft, figcaption, dd { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem;
  padding: 0; margin: 1.5rem 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .75rem 1rem; }
.tiles strong { display: block; font-size: 1.7rem; line-height: 1.2;
  font-variant-numeric: tabular-nums; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr));
  gap: 1.5rem; align-items: start; }
.columns > *, section { min-width: 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
th, td { padding: .35rem .5rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; font-weight: normal; padding-left: 0; }
thead th { color: var(--soft); font-weight: 600; }
figure { margin: 0; }
svg { width: 100%; height: auto; display: block; font: 11px system-ui, sans-serif; }
svg text { fill: var(--soft); } svg .count { fill: var(--ink); font-size: 9px; }
.grid { stroke: var(--line); stroke-width: 1; } .bar { fill: var(--blue-soft); }
.dot, .here { fill: var(--blue); } .area { fill: var(--blue-soft); opacity: .45; }
.curve { fill: none; stroke: var(--blue); stroke-width: 2; }
.ideal { fill: none; stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 4; }
.miss { border: 1px solid var(--line); border-radius: .5rem; background: var(--card);
  padding: 1rem 1.25rem; margin: 0 0 1rem; }
.miss p { margin: .1rem 0; } .right, .wrong { font-weight: 600; }
.wrong { color: var(--red); }
blockquote { margin: .5rem 0 0; padding: .1rem 0 .1rem .9rem; border-left: 3px solid var(--line); }
blockquote footer { color: var(--soft); font-size: .875rem; }
mark { background: var(--mark); color: inherit; padding: 0 .15em; border-radius: .15em; }
mark.answer { background: none; border-bottom: 2px solid var(--blue); border-radius: 0; }
dt { font-weight: 600; margin-top: .5rem; } dd { margin: 0; }
@media print {
  :root { --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --card: #fff; --blue: #1f4f8b;
    --blue-soft: #b9d2ee; --red: #8d1f14; --mark: #ffe9a3; color-scheme: light; }
  @page { margin: 16mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .miss, figure, table, .tiles li { break-inside: avoid; } h2 { break-after: avoid; }
  .bar, .area, mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
