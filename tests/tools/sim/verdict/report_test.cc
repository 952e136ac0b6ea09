// The report as an operator's browser sees it: headless Chromium loads it without a network and hands back the page as
// its scripts left it.
#include "tools/sim/verdict/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/temporary_tree.h"
#include "tests/tools/sim/verdict/sample_run.h"

namespace rackcast::sim {
namespace {

using namespace testing_verdict;
using rackcast::testing::TemporaryTree;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::string page_of(const RunRecord& record) {
  const Verdict verdict = verdict_of(record);
  return report_html(record, verdict, judge(*parse_conditions("p99<1h,failed=0"), verdict));
}

std::string text_of_file(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// What lies between each `begin` and the next `end`.
std::vector<std::string> between(const std::string& text, const std::string& begin, const std::string& end) {
  std::vector<std::string> found;
  std::size_t at = 0;
  while ((at = text.find(begin, at)) != std::string::npos) {
    at += begin.size();
    const std::size_t stop = text.find(end, at);
    if (stop == std::string::npos) break;
    found.push_back(text.substr(at, stop - at));
  }
  return found;
}

// One plot of the page, by its element's id.
std::string plot(const std::string& dom, const std::string& id) {
  const auto found = between(dom, "id=\"" + id + "\"", "</section>");
  return found.empty() ? "" : found.front();
}

// The outlines of a plot's paths of one class, in their order.
std::vector<std::string> outlines(const std::string& svg, const std::string& style) {
  std::vector<std::string> found;
  for (const std::string& path : between(svg, "<path class=\"" + style + "\"", ">"))
    for (const std::string& outline : between(path, " d=\"", "\"")) found.push_back(outline);
  return found;
}

auto count_of(const std::string& outline, char command) {
  return std::count(outline.begin(), outline.end(), command);
}

class ReportTest : public ::testing::Test {
 protected:
  struct Outcome {
    std::string dom;
    std::vector<std::string> complaints;  // console messages, uncaught errors
    std::vector<std::string> requests;    // what the page, not the browser, asked the network for
  };

  void SetUp() override {
    if (std::system("command -v chromium >/dev/null 2>&1") != 0) GTEST_SKIP() << "chromium is not installed";
  }

  Outcome load(const std::string& page) {
    scratch_.write("page.html", page);
    const std::string command =
        "timeout 50 chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
        "--disable-component-update --window-size=1100,900 --host-resolver-rules='MAP * ~NOTFOUND' "
        "--enable-logging=stderr --user-data-dir=" +
        scratch_.path("profile") + " --log-net-log=" + scratch_.path("net.json") + " --dump-dom file://" +
        scratch_.path("page.html") + " >" + scratch_.path("dom") + " 2>" + scratch_.path("log");
    const int status = std::system(command.c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << text_of_file(scratch_.path("log"));
    Outcome outcome;
    outcome.dom = text_of_file(scratch_.path("dom"));
    outcome.complaints = between(text_of_file(scratch_.path("log")), ":CONSOLE", "\n");
    // The browser's own traffic has no origin.
    for (const std::string& line : between(text_of_file(scratch_.path("net.json")), "\"initiator\":", "\n"))
      if (!line.starts_with("\"not an origin\""))
        for (const std::string& url : between(line, "\"url\":\"", "\"")) outcome.requests.push_back(url);
    return outcome;
  }

  // A page that draws itself, says nothing and asks for nothing.
  std::string load_clean(const std::string& page) {
    const Outcome outcome = load(page);
    EXPECT_THAT(outcome.dom, HasSubstr("data-drawn=\"yes\""));
    EXPECT_THAT(outcome.complaints, IsEmpty());
    EXPECT_THAT(outcome.requests, IsEmpty());
    return outcome.dom;
  }

  TemporaryTree scratch_;
};

TEST_F(ReportTest, TheHarnessNoticesErrorsAndRequests) {
  const Outcome outcome = load(
      "<!doctype html><img src='http://192.0.2.1/x.png'><script>fetch('https://rack.invalid/api').catch(() => 0);"
      "missing();</script>");
  EXPECT_THAT(outcome.complaints, ::testing::Contains(HasSubstr("missing is not defined")));
  EXPECT_THAT(outcome.requests, ::testing::Contains("http://192.0.2.1/x.png"));
  EXPECT_THAT(outcome.requests, ::testing::Contains("https://rack.invalid/api"));
}

TEST_F(ReportTest, ThePageForbidsItselfTheNetwork) {
  std::string page = page_of(sample_run({.machines = 5}));
  page.insert(page.find("</body>"),
              "<img src='http://192.0.2.1/x.png'><script>fetch('http://192.0.2.1/').catch(() => 0)</script>");
  const Outcome outcome = load(page);
  EXPECT_THAT(outcome.requests, IsEmpty());
  EXPECT_THAT(outcome.complaints, SizeIs(::testing::Ge(2U)));
}

TEST_F(ReportTest, EveryPlotShowsEveryMachine) {
  const RunRecord record = sample_run({.machines = 120, .failing_every = 10, .refused_every = 4});
  const std::string dom = load_clean(page_of(record));

  // A step per machine: asked for the kernel, for the initrd, done, failed.
  const auto curves = outlines(plot(dom, "completion"), "series");
  ASSERT_EQ(curves.size(), 4U);
  EXPECT_EQ(count_of(curves[0], 'V'), 120);
  EXPECT_EQ(count_of(curves[1], 'V'), 120);
  EXPECT_EQ(count_of(curves[2], 'V'), 108);
  EXPECT_EQ(count_of(curves[3], 'V'), 12);

  const auto rates = outlines(plot(dom, "goodput"), "series");
  ASSERT_EQ(rates.size(), 1U);
  const std::size_t stride = (record.rate.size() + 399) / 400;
  EXPECT_EQ(count_of(rates[0], 'V'), static_cast<std::ptrdiff_t>((record.rate.size() + stride - 1) / stride + 1));

  const std::size_t bin = (record.rate.size() + 199) / 200;
  std::ptrdiff_t bars = 0;
  for (std::size_t i = 0; i < record.rate.size(); i += bin)
    bars += std::any_of(record.rate.begin() + static_cast<std::ptrdiff_t>(i),
                        record.rate.begin() + static_cast<std::ptrdiff_t>(std::min(i + bin, record.rate.size())),
                        [](const RateSample& sample) { return sample.refusals > 0; });
  const auto refusals = outlines(plot(dom, "refusals"), "bars");
  ASSERT_EQ(refusals.size(), 1U);
  EXPECT_GT(bars, 0);
  EXPECT_EQ(count_of(refusals[0], 'M'), bars);

  // A bar per machine and stage.
  const std::string timeline = plot(dom, "timeline");
  for (const auto& [stage, machines] : std::vector<std::pair<std::string, int>>{{"dhcp", 120},
                                                                                {"nbp", 120},
                                                                                {"config", 120},
                                                                                {"kernel", 120},
                                                                                {"initrd", 120},
                                                                                {"kickstart", 108},
                                                                                {"packages", 108},
                                                                                {"failed", 12}}) {
    const auto path = outlines(timeline, "stage " + stage);
    ASSERT_EQ(path.size(), 1U) << stage;
    EXPECT_EQ(count_of(path[0], 'M'), machines) << stage;
  }
}

TEST_F(ReportTest, ThereAreTitlesUnitsAndNumbers) {
  const std::string dom = load_clean(page_of(sample_run({.machines = 20, .failing_every = 10})));
  EXPECT_THAT(dom, HasSubstr("<title>boot_storm, 20 machines: failed</title>"));
  EXPECT_THAT(dom, HasSubstr(">boot_storm: 20 machines against 10.99.0.1</h1>"));
  EXPECT_THAT(dom, HasSubstr("2 of 20 machines failed; failed=0 does not hold"));
  EXPECT_THAT(dom, HasSubstr("<td>initrd.img: silence after block 4711</td>"));
  EXPECT_THAT(plot(dom, "completion"), HasSubstr("time since the run began, seconds"));
  EXPECT_THAT(plot(dom, "completion"), HasSubstr(">machines</text>"));
  EXPECT_THAT(plot(dom, "goodput"), HasSubstr("B/s</text>"));
  EXPECT_THAT(plot(dom, "refusals"), HasSubstr("None."));
  EXPECT_THAT(between(plot(dom, "timeline"), "<text class=\"row\"", ">"), SizeIs(20)) << "few rows are named";
  EXPECT_THAT(between(plot(dom, "times"), "<tr>", "</tr>"), SizeIs(1 + 7)) << "a row per stage after dhcp";
}

TEST_F(ReportTest, BearsFiveThousandMachines) {
  const std::string page = page_of(sample_run({.machines = 5000, .failing_every = 500, .refused_every = 50}));
  const std::string dom = load_clean(page);
  const std::string timeline = plot(dom, "timeline");
  EXPECT_EQ(count_of(outlines(timeline, "stage nbp").at(0), 'M'), 500) << "one of ten neighbours";
  EXPECT_EQ(count_of(outlines(timeline, "stage failed").at(0), 'M'), 10) << "but every one that failed";
  for (const std::string& curve : outlines(plot(dom, "completion"), "series")) EXPECT_LE(count_of(curve, 'V'), 601);
  EXPECT_LT(page.size(), 4'000'000U);
}

TEST_F(ReportTest, TheTimelineCanBeNarrowedAndRead) {
  std::string page = page_of(sample_run({.machines = 120, .failing_every = 10}));
  page.insert(page.find("</body>"), R"(<script>
document.getElementById("which").value = "failed";
document.getElementById("order").value = "number";
document.getElementById("which").dispatchEvent(new Event("change"));
const chart = document.querySelector("#timeline svg");
chart.scrollIntoView();
const box = chart.getBoundingClientRect();
chart.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + box.width / 2, clientY: box.top + box.height * 12 / 204 }));
</script>)");
  const std::string dom = load_clean(page);
  EXPECT_THAT(dom, HasSubstr("<span id=\"shown\">12 machines</span>"));
  EXPECT_EQ(count_of(outlines(plot(dom, "timeline"), "stage initrd").at(0), 'M'), 12);
  const auto tip = between(dom, "<div id=\"tip\"", "</div>");
  ASSERT_EQ(tip.size(), 1U);
  EXPECT_THAT(tip[0], HasSubstr("machine 0, 02:52:43:00:00:00"));
  EXPECT_THAT(tip[0], HasSubstr("failed: timeout, initrd.img: silence after block 4711"));
}

TEST_F(ReportTest, TextFromTheNetworkStaysText) {
  RunRecord record = sample_run({.machines = 10, .failing_every = 5});
  const std::string attack = "</script></pre><img src=x onerror=missing()><script>missing()</script><!--\xff";
  for (MachineRecord& machine : record.machines) machine.detail = attack;
  record.server = attack;
  record.scenario = attack;
  record.notes = {attack};
  record.wrong_files = {attack};
  const std::string page = page_of(record);
  EXPECT_EQ(between(page, "<script", ">").size(), 2U) << "the data and the program";
  const std::string dom = load_clean(page);
  EXPECT_THAT(dom, Not(HasSubstr("<img")));
  EXPECT_THAT(dom, HasSubstr("&lt;img src=x onerror=missing()&gt;"));
}

TEST_F(ReportTest, ARunOfNothingIsDrawn) {
  const std::string dom = load_clean(page_of(RunRecord{}));
  EXPECT_THAT(dom, HasSubstr("no machine ran"));
  RunRecord unborn = sample_run({.machines = 3});
  for (MachineRecord& machine : unborn.machines) {
    machine = {};
    machine.entered.fill(kNever);
    machine.failure = Failure::kRunEnded;
  }
  EXPECT_THAT(load_clean(page_of(unborn)), HasSubstr("3 machines"));
}

TEST(ReportPage, NamesNothingOutsideItself) {
  const std::string page = page_of(sample_run({.machines = 3}));
  EXPECT_THAT(between(page, "://", "\""), ::testing::ElementsAre("www.w3.org/2000/svg")) << "a name, not an address";
  for (const char* reference : {" src=", " href=", "@import", "url("}) EXPECT_THAT(page, Not(HasSubstr(reference)));
  EXPECT_THAT(page, HasSubstr("PASSED: every machine finished")) << "readable without JavaScript";
}

}  // namespace
}  // namespace rackcast::sim
