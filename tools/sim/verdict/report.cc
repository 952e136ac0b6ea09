#include "tools/sim/verdict/report.h"

#include "tools/sim/verdict/json.h"
#include "tools/sim/verdict/table.h"

namespace rackcast::sim {
namespace {

// Data inside a script element: "<" could end the element, and within JSON it stands in strings alone.
std::string for_script(const std::string& json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  }
  return text;
}

std::string for_html(const std::string& plain) {
  std::string text;
  text.reserve(plain.size());
  for (const char c : plain) {
    switch (c) {
      case '<':
        text += "&lt;";
        break;
      case '>':
        text += "&gt;";
        break;
      case '&':
        text += "&amp;";
        break;
      case '"':
        text += "&quot;";
        break;
      default:
        text += c;
    }
  }
  return text;
}

constexpr std::string_view kHead = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>rackcast-sim report</title>
<style>)html";

constexpr std::string_view kBody = R"html(</style>
</head>
<body>
<header><h1 id="title">rackcast-sim report</h1><p id="facts"></p><p id="outcome"></p></header>
<main>
<section id="tiles"></section>
<section id="trouble" hidden><h2>What went wrong</h2><div id="failures"></div></section>
<section><h2>How far the machines were</h2><div class="plot" id="completion"></div></section>
<section><h2>Useful bytes received by all machines</h2><div class="plot" id="goodput"></div></section>
<section><h2>Refusals by the server</h2><div class="plot" id="refusals"></div></section>
<section><h2>Every machine's way</h2>
<p class="controls"><label>Show <select id="which"><option value="all">all machines</option>
<option value="slow">the 50 slowest</option><option value="failed">those that failed</option></select></label>
<label>in order of <select id="order"><option value="start">power-on</option><option value="end">end</option>
<option value="number">number</option></select></label> <span id="shown"></span></p>
<div class="plot" id="timeline"></div><p id="hint"></p></section>
<section><h2>Time from power-on to the beginning of a stage</h2><div id="times"></div></section>
<section id="profile-section" hidden><h2>By profile</h2><div id="profiles"></div></section>
<section id="expected-section" hidden><h2>Expected</h2><div id="expected"></div></section>
<section id="note-section" hidden><h2>Notes</h2><ul id="notes"></ul></section>
<details id="text"><summary>The verdict as text</summary><pre>)html";

constexpr std::string_view kData = R"html(</pre></details>
<noscript><p>The plots need JavaScript; the verdict above does not.</p><style>#tiles, section { display: none; }</style></noscript>
</main>
<div id="tip" role="status" hidden></div>
<script type="application/json" id="run">)html";

}  // namespace

std::string report_html(const RunRecord& record, const Verdict& verdict, std::span<const Expectation> expectations) {
  std::string page(kHead);
  page += report_style();
  page += kBody;
  page += for_html(verdict_table(record, verdict, expectations));
  page += kData;
  page += for_script(run_json(record, verdict, expectations));
  page += "</script>\n<script>\n\"use strict\";\n";
  page += report_plots();
  page += report_script();
  page += "</script>\n</body>\n</html>\n";
  return page;
}

}  // namespace rackcast::sim
