//! How the pages look, and how they begin.

use super::escape;

/// Colours are variables: light, dark, and light again on paper.
const STYLE: &str = "\
:root{--fg:#1a202c;--bg:#fff;--dim:#4a5568;--line:#a0aec0;--band:#edf2f7;--card:#f7fafc;--ok:#276749;--bad:#9b2c2c;\
--c0:#2b6cb0;--c1:#c05621;--c2:#2f855a;--c3:#805ad5;--pass:#68a583;--fail:#d08a8a}\
@media(prefers-color-scheme:dark){:root{--fg:#e2e8f0;--bg:#1a202c;--dim:#a0aec0;--line:#718096;--band:#252f3f;\
--card:#2d3748;--ok:#2f855a;--bad:#c53030;--c0:#63b3ed;--c1:#f6ad55;--c2:#68d391;--c3:#b794f4;--pass:#4a9068;\
--fail:#b05555}}\
*{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;max-width:980px;margin:0 auto;padding:1.5em 1em 3em;\
color:var(--fg);background:var(--bg);overflow-wrap:anywhere}h1{margin:.2em 0;line-height:1.2}\
h2{margin:1.6em 0 .5em;font-size:1.25em}\
.sub{color:var(--dim);margin:.2em 0 1em}table{border-collapse:collapse}\
td,th{padding:.2em 1.1em .2em 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--band)}\
th{overflow-wrap:normal}td{font-variant-numeric:tabular-nums}\
.n td{text-align:right;white-space:nowrap}.n th+th{text-align:right}.n td,.n th{padding-right:.9em}\
.n td.t{text-align:left;white-space:normal}.n th.t{text-align:left}\
.beside th{min-width:9em}.beside{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,410px),1fr));gap:0 2em}\
svg{width:100%;height:auto;overflow:visible}.wide{display:block}.narrow{display:none}text{font-size:12px;fill:var(--dim)}\
.scroll{overflow-x:auto}.grid{stroke:var(--line);stroke-opacity:.35}.band{fill:var(--band)}.gap{fill:none}\
.bar{fill:var(--c0)}.bar.pass{fill:var(--pass)}.bar.fail{fill:var(--fail)}.bar.skip{fill:var(--line)}\
polyline{fill:none}.l0{stroke:var(--c0)}.l1{stroke:var(--c1)}.l2{stroke:var(--c2)}.l3{stroke:var(--c3)}\
.legend{margin:0 0 .3em}.legend span{margin-right:1.2em;white-space:nowrap}.legend span::before{content:'';\
display:inline-block;width:.8em;height:.8em;margin-right:.4em;border-radius:2px}.k0::before{background:var(--c0)}\
.k1::before{background:var(--c1)}.k2::before{background:var(--c2)}.k3::before{background:var(--c3)}\
.k-pass::before{background:var(--pass)}.k-fail::before{background:var(--fail)}.k-skip::before{background:var(--line)}\
.badge{display:inline-block;padding:.2em .8em;border-radius:.3em;color:var(--bg);font-weight:600;background:var(--dim);\
margin-right:.5em}.badge.ok,.badge.bad{color:#fff}\
.ok{background:var(--ok)}.bad{background:var(--bad)}td .badge{padding:0 .5em;font-size:.9em}\
.verdict{font-size:1.15em;font-weight:600;margin:.6em 0}\
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:.7em;margin:1em 0}\
.tiles div{background:var(--card);border-radius:.4em;padding:.6em .8em}.tiles b{display:block;font-size:1.35em}\
.tiles span{color:var(--dim);font-size:.9em}\
@media screen and (max-width:640px){.wide{display:none}.narrow{display:block}body{font-size:14px}\
.legend span{white-space:normal}.n{font-size:13px}.n td,.n th{padding-right:.7em}\
.n th:first-child{position:sticky;left:0;background:var(--bg);max-width:8em}\
.tiles{grid-template-columns:repeat(auto-fill,minmax(120px,1fr))}}\
@page{margin:15mm}\
@media print{:root{--fg:#000;--bg:#fff;--dim:#333;--line:#888;--band:#eee;--card:#f4f4f4;--ok:#276749;--bad:#9b2c2c;\
--c0:#2b6cb0;--c1:#c05621;--c2:#2f855a;--c3:#805ad5;--pass:#68a583;--fail:#d08a8a}\
body{max-width:none;padding:0;font-size:11px}h2{margin:1.1em 0 .4em}.plot svg{max-height:58mm}\
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.plot,.tiles,.short,tr{break-inside:avoid}\
h2,.legend{break-after:avoid}.scroll{overflow:visible}.n td,.n th{padding-right:.6em}\
.beside{grid-template-columns:repeat(auto-fit,minmax(55mm,1fr))}.top .short{break-inside:auto}.tiles{grid-template-columns:repeat(auto-fill,minmax(105px,1fr))}}";

/// The head of a page, and its title.
pub(super) fn begin(title: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{0}</title><style>{STYLE}</style><h1>{0}</h1>",
        escape(title)
    )
}
