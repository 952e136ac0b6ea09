#include "tools/rackcast/status_table.h"

#include <gtest/gtest.h>

#include "core/board/board_api.h"
#include "core/human_bytes.h"
#include "tests/core/board/events_of.h"
#include "tools/rackcast/http_get.h"

namespace rackcast {
namespace {

using namespace std::chrono_literals;
using namespace testing_board;

StatusRow row(const char* mac) {
  StatusRow machine;
  machine.mac = mac;
  machine.address = "192.168.1.7";
  return machine;
}

TEST(StatusTable, ShowsStuckFirstThenRunningThenDone) {
  std::vector<StatusRow> machines{row("02:00:00:00:00:01"), row("02:00:00:00:00:02"), row("02:00:00:00:00:03")};
  machines[0].stage = Stage::kDone;
  machines[0].done = true;
  machines[0].bytes_boot = 700'000'000;
  machines[1].stage = Stage::kInitrd;
  machines[1].hostname = "station2";
  machines[1].file = "initrd.img";
  machines[1].percent = 33.3;
  machines[1].rate_bytes_per_s = 4'500'000;
  machines[2].stage = Stage::kNbp;
  machines[2].stuck_since = kStart;
  machines[2].refused = 2;
  machines[2].retransmits = 9;
  EXPECT_EQ(
      status_table(machines, kStart + 35s, {}),
      "MACHINE            ADDRESS      NAME      STAGE              FILE        DONE          RATE  RESENT  STATE\n"
      "02:00:00:00:00:03  192.168.1.7            ####------ nbp                 0 B                      9  "
      "stuck for 35 s, 2 refused\n"
      "02:00:00:00:00:02  192.168.1.7  station2  #######--- initrd  initrd.img   33 %     4.5 MB/s\n"
      "02:00:00:00:00:01  192.168.1.7            ########## done                700.0 MB                    done\n"
      "3 machines, 1 done, 1 stuck, 4.5 MB/s\n");
}

TEST(StatusTable, CountsWhatDoesNotFitTheScreen) {
  std::vector<StatusRow> machines(100, row("02:00:00:00:00:01"));
  const std::string text = status_table(machines, kStart, {40, 20, false});
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 20);
  EXPECT_NE(text.find("... and 84 more\n100 machines"), std::string::npos) << text;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 40U);
    at = end + 1;
  }
  // Any size of screen is answered.
  for (unsigned rows = 0; rows < 12; ++rows)
    for (unsigned columns = 0; columns < 12; ++columns)
      EXPECT_FALSE(status_table(machines, kStart, {columns, rows, true}).empty());
}

TEST(StatusTable, ColoursOnlyWhenAsked) {
  std::vector<StatusRow> machines{row("02:00:00:00:00:01")};
  machines[0].stuck_since = kStart;
  EXPECT_EQ(status_table(machines, kStart, {}).find('\x1b'), std::string::npos);
  EXPECT_NE(status_table(machines, kStart, {0, 0, true}).find("\x1b[31m"), std::string::npos);
}

TEST(StatusTable, AnEmptyBoardSaysSo) {
  EXPECT_EQ(status_table({}, kStart, {}), "0 machines, 0 done, 0 stuck, 0 B/s\n");
}

TEST(ParseMachines, ReadsWhatTheBoardWrites) {
  BoardModel model({});
  model.on_event(dhcp(EventKind::kDhcpAck, kStart));
  Event refused = transfer(EventKind::kRefused, kStart, "x", 1);
  model.on_event(refused);
  model.on_event(transfer(EventKind::kTransferStarted, kStart, "vml\x1b[2Jinuz", 1, 0, 200));
  model.on_event(transfer(EventKind::kTransferProgress, kStart, "vml\x1b[2Jinuz", 1, 50, 200));
  const BoardApi api(model);
  const auto machines = parse_machines(api.handle("GET", "/api/machines", kStart + 60s).body);
  ASSERT_TRUE(machines);
  ASSERT_EQ(machines->size(), 1U);
  const StatusRow& only = machines->front();
  EXPECT_EQ(only.mac, "12:34:56:78:ab:cd");
  EXPECT_EQ(only.address, "192.168.1.7");
  EXPECT_EQ(only.percent, 25.0);
  EXPECT_EQ(only.refused, 1U);
  EXPECT_EQ(only.stuck_since, kStart);
  EXPECT_EQ(only.file, "vml\\x1b[2Jinuz") << "what a machine asked for must not reach a terminal raw";
}

TEST(ParseMachines, RefusesWhatIsNotABoard) {
  for (const char* text : {"", "<html>", "{}x", "[1]", "[{}]", "[{\"mac\":1}]", "\"x\""})
    EXPECT_FALSE(parse_machines(text)) << text;
  EXPECT_TRUE(parse_machines("[]"));
}

TEST(HumanBytes, UsesThreeDigitsOrSo) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1000), "1.0 kB");
  EXPECT_EQ(human_bytes(999'950), "1.0 MB");
  EXPECT_EQ(human_bytes(6'855'881), "6.9 MB");
  EXPECT_EQ(human_bytes(~std::uint64_t{0}), "18446744.1 TB");
}

TEST(ParseIsoTime, ReadsBackWhatTheBoardWrites) {
  EXPECT_EQ(parse_iso_time(iso_time(kStart + 123ms)), kStart + 123ms);
  for (const char* text : {"", "now", "2026-13-01T00:00:00.000Z", "2026-11-24T05:08:58Z", "2026-11-24T05:08:58.123"})
    EXPECT_FALSE(parse_iso_time(text)) << text;
}

TEST(ParseHttpUrl, TakesAddressesAndNames) {
  const auto ok = [](const char* text, const char* host, const char* port) {
    const auto url = parse_http_url(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->host, host);
    EXPECT_EQ(url->port, port);
  };
  ok("http://127.0.0.1:8077", "127.0.0.1", "8077");
  ok("http://127.0.0.1:8077/", "127.0.0.1", "8077");
  ok("http://boot.a.com/x?y", "boot.a.com", "80");
  ok("http://[::1]:8077", "::1", "8077");
  ok("http://[::1]", "::1", "80");
  for (const char* text : {"", "127.0.0.1:8077", "https://a", "http://", "http://:80", "http://a:", "http://a:b",
                           "http://a:123456", "http://[::1", "http://[::1]x", "http://[]:80"})
    EXPECT_FALSE(parse_http_url(text)) << text;
}

}  // namespace
}  // namespace rackcast
