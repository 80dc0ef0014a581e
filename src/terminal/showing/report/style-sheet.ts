/** How the page looks: light and dark, on a wide screen, on a telephone, and on paper. */

const light = `--page:#f4f6f8;--card:#fff;--text:#17212b;--soft:#4b5967;--line:#d8dfe6;--good:#1b7a4a;--bad:#b3261e;--warn:#8a5200;--ink:#2b5bc7;--wash:#fdf1ef;color-scheme:light`;
const dark = `--page:#10161c;--card:#182029;--text:#e9eef3;--soft:#a9b7c4;--line:#2c3843;--good:#4cc38a;--bad:#ff9489;--warn:#f2b950;--ink:#8db2ff;--wash:#2a1c1c;color-scheme:dark`;

export const styleSheet = `
:root{${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
header,main,footer{max-width:78rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:2.5rem}
p,h1,h2,h3,ul,dl,dd{margin:0}
.n{color:var(--soft);font-weight:600;letter-spacing:.02em}
h1{font-size:clamp(2rem,6vw,3.25rem);line-height:1.1;letter-spacing:-.025em;margin:.35rem 0 .6rem;text-wrap:balance}
h1::before{content:"";display:inline-block;width:.55em;height:.55em;margin-right:.35em;border-radius:50%;background:var(--good)}
.needy h1::before{background:var(--bad);border-radius:.12em}
.soft{color:var(--soft)}
h2{font-size:1.25rem;letter-spacing:-.01em;margin:2.5rem 0 .9rem}
dl.f{display:grid;grid-template-columns:repeat(6,1fr);gap:1px;margin-top:1.75rem;background:var(--line);border:1px solid var(--line);border-radius:.75rem;overflow:hidden}
dl.f div{display:flex;flex-direction:column-reverse;padding:.85rem 1.1rem;background:var(--card)}
dt{color:var(--soft)}
dl.f dd{font-size:1.6rem;font-weight:650;line-height:1.2;letter-spacing:-.02em}
dl.f .bad dd{color:var(--bad)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.1rem 1.25rem}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem;margin-top:1rem}
.pair h2{margin:0 0 .2rem;font-size:1rem}
.pair .w,.pair .l{height:6rem;margin-top:.75rem}
.ends{display:flex;justify-content:space-between;color:var(--soft);border-top:1px solid var(--line);padding-top:.25rem}
ul.needs{list-style:none;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr));gap:1rem}
.needs li{border-left:.3rem solid var(--bad);background:var(--wash)}
.needs li.warning{border-left-color:var(--warn)}
.needs li.fine{border-left-color:var(--good);background:var(--card)}
h3{font-size:1.1rem;overflow-wrap:anywhere}
.needs p{overflow-wrap:anywhere;margin-top:.3rem}
.needs .s{margin-top:.7rem}
.state{font-weight:600;white-space:nowrap}
.state::before{content:"";display:inline-block;width:.6em;height:.6em;margin-right:.45em;border-radius:50%;background:var(--good)}
.state.needy{color:var(--bad)}.state.needy::before{background:var(--bad);border-radius:.1em}
.state.needy.warning{color:var(--warn)}.state.needy.warning::before{background:var(--warn)}
svg{display:block;width:100%;overflow:visible}
.s{height:1.1rem;background:linear-gradient(var(--line),var(--line)) center/100% 2px no-repeat}.l{height:1.6rem}
path{fill:none;vector-effect:non-scaling-stroke}
.s path{vector-effect:none;stroke-dasharray:2 1}
.s .g{stroke:var(--good);stroke-width:7}.s .b{stroke:var(--bad);stroke-width:16}
.l path{stroke:var(--ink);stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}
.w path{vector-effect:none;stroke-width:3}.w .g{stroke:var(--good)}.w .b{stroke:var(--bad)}
.only{display:inline-flex;align-items:center;gap:.5rem;margin-bottom:.75rem;min-height:1.75rem;cursor:pointer}
.only input{font:inherit;width:1.25rem;height:1.25rem;accent-color:var(--ink)}
body:has(.only input:checked) tr.ok{display:none}
:focus-visible{outline:.2rem solid var(--ink);outline-offset:.15rem;border-radius:.2rem}
table{width:100%;border-collapse:separate;border-spacing:0;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
th{text-align:left;color:var(--soft);font-weight:600;white-space:nowrap}
th,td{padding:.55rem .75rem;border-bottom:1px solid var(--line);vertical-align:middle}
tbody tr:last-child>*{border-bottom:0}
tbody th{color:var(--text);white-space:normal;overflow-wrap:anywhere;min-width:9rem}
td:nth-child(5){width:20%}td:nth-child(6),td:nth-child(7){width:12%;white-space:nowrap}
td:nth-child(3),td:nth-child(4){white-space:nowrap}
a{color:inherit}
bdi,.bdi{unicode-bidi:isolate}
footer{color:var(--soft);padding-top:1.5rem;padding-bottom:3rem}
footer p{max-width:60rem}
@media screen and (max-width:62rem){
dl.f{grid-template-columns:repeat(3,1fr)}
.pair{grid-template-columns:1fr}
header,main,footer{padding-left:1rem;padding-right:1rem}
header{padding-top:1.5rem}
table,tbody{display:block;background:none;border:0}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tbody tr{display:grid;grid-template-columns:1fr 1fr;gap:.4rem 1rem;padding:1rem;margin-bottom:.75rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
tbody th,tbody td{display:block;width:auto!important;min-width:0;padding:0;border:0;white-space:normal!important}
tbody th{font-size:1.1rem;grid-column:1/-1}
tbody td::before{display:block;color:var(--soft)}
td:nth-child(2)::before{content:"State"}td:nth-child(3)::before{content:"Last success"}td:nth-child(4)::before{content:"Verified"}
td:nth-child(5){grid-column:1/-1}td:nth-child(5)::before{content:"Last 60 days"}
td:nth-child(6)::before{content:"Size"}td:nth-child(7)::before{content:"Time taken"}
td:nth-child(4){grid-column:1/-1}td:nth-child(2){grid-column:1}td:nth-child(3){grid-column:2}
}
@media screen and (max-width:34rem){dl.f{grid-template-columns:1fr 1fr}}
@media print{
:root{${light};--page:#fff}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{font-size:9pt}th,td{padding:.35rem .5rem}tbody th{min-width:0}dl.f div{padding:.6rem .75rem}dl.f dd{font-size:1.25rem}ul.needs{grid-template-columns:1fr 1fr}td:nth-child(5){width:14%}
header,main,footer{max-width:none;padding-left:0;padding-right:0}
header{padding-top:0}h1{font-size:24pt}
.only{display:none}thead{display:table-header-group}
tr,li,.card{break-inside:avoid}h2{break-after:avoid}
}
`;
