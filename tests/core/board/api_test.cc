#include "core/board/board_api.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/board/metrics.h"
#include "tests/core/board/events_of.h"

namespace rackcast {
namespace {

using namespace std::chrono_literals;
using namespace testing_board;
using Json = nlohmann::json;

class Api : public ::testing::Test {
 protected:
  BoardModel model_{{}};
  BoardApi api_{model_, [] {
                  return std::vector<Measure>{{"datagrams_sent_total", "Datagrams sent", 5, {{"lane", "0"}}, true},
                                              {"datagrams_sent_total", "Datagrams sent", 7, {{"lane", "1"}}, true}};
                }};
};

TEST_F(Api, GivesEveryMachineWithItsFields) {
  model_.on_event(dhcp(EventKind::kDhcpDiscover, kStart));
  model_.on_machine(record(kStart, "PXEClient"));
  model_.on_event(dhcp(EventKind::kDhcpAck, kStart));
  model_.on_event(transfer(EventKind::kTransferStarted, kStart + 1s, "initrd.img", 1, 0, 3000));
  model_.on_event(transfer(EventKind::kTransferProgress, kStart + 2s, "initrd.img", 1, 1000, 3000));
  const ApiAnswer answer = api_.handle("GET", "/api/machines", kStart + 2s);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_type, "application/json");
  const Json json = Json::parse(answer.body);
  ASSERT_EQ(json.size(), 1U);
  const Json& m = json[0];
  EXPECT_EQ(m["mac"], "12:34:56:78:ab:cd");
  EXPECT_EQ(m["address"], "192.168.1.7");
  EXPECT_EQ(m["architecture"], "bios");
  EXPECT_EQ(m["stage"], "initrd");
  EXPECT_EQ(m["stages"]["discover"]["first"], iso_time(kStart));
  EXPECT_FALSE(m["stages"].contains("kernel"));
  EXPECT_EQ(m["file"], "initrd.img");
  EXPECT_DOUBLE_EQ(m["percent"].get<double>(), 33.3);
  EXPECT_EQ(m["bytes_done"], 1000);
  EXPECT_EQ(m["bytes_total"], 3000);
  EXPECT_EQ(m["rate_bytes_per_s"], 500);
  EXPECT_TRUE(m["stuck_since"].is_null());
  EXPECT_EQ(m["boots"], 1);
  EXPECT_EQ(m["done"], false);
  const Json later = Json::parse(api_.handle("GET", "/api/machines?x=1", kStart + 60s).body);
  EXPECT_EQ(later[0]["stuck_since"], iso_time(kStart + 2s));
}

TEST_F(Api, AnswersWhateverBytesAMachineSent) {
  Event event = transfer(EventKind::kRefused, kStart, "\xff\"\n<script>", 1);
  event.detail = "\xc3\x28";
  event.hostname = "\xff";
  event.mac = kMac;
  model_.on_event(event);
  model_.on_event(transfer(EventKind::kTransferStarted, kStart, "\xff\"\n", 1));
  EXPECT_EQ(Json::parse(api_.handle("GET", "/api/machines", kStart).body).size(), 1U);
}

TEST_F(Api, AnEmptyBoardIsAnEmptyArray) {
  EXPECT_EQ(Json::parse(api_.handle("GET", "/api/machines", kStart).body), Json::array());
}

TEST_F(Api, TellsTheDaemonsHealth) {
  EXPECT_EQ(Json::parse(api_.handle("GET", "/healthz", kStart).body)["status"], "starting");
  api_.set_status({"ok", "0.1.0", {{0, 2U, "io_uring"}, {1, std::nullopt, "socket"}}});
  const Json json = Json::parse(api_.handle("GET", "/healthz", kStart).body);
  EXPECT_EQ(json["status"], "ok");
  EXPECT_EQ(json["version"], "0.1.0");
  EXPECT_EQ(json["lanes"][0], (Json{{"lane", 0}, {"core", 2}, {"backend", "io_uring"}}));
  EXPECT_TRUE(json["lanes"][1]["core"].is_null());
}

TEST_F(Api, GivesMetricsAsOneFamilyAName) {
  model_.on_event(dhcp(EventKind::kDhcpDiscover, kStart));
  const ApiAnswer answer = api_.handle("GET", "/metrics", kStart);
  EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(answer.body.find("rackcast_machines{stage=\"discover\"} 1\n"), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("rackcast_datagrams_sent_total{lane=\"1\"} 7\n"), std::string::npos) << answer.body;
  EXPECT_EQ(answer.body.find("# TYPE rackcast_machines gauge"), answer.body.rfind("# TYPE rackcast_machines gauge"));
  EXPECT_NE(answer.body.find("# TYPE rackcast_transfers_done_total counter"), std::string::npos);
}

TEST_F(Api, HasASelfContainedPage) {
  const ApiAnswer answer = api_.handle("GET", "/", kStart);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(answer.body.find("http://"), std::string::npos);
  EXPECT_EQ(answer.body.find("https://"), std::string::npos);
  EXPECT_EQ(answer.body.find("innerHTML"), std::string::npos);
  for (std::size_t i = 0; i < kStages; ++i)
    EXPECT_NE(answer.body.find("\"" + std::string(stage_name(static_cast<Stage>(i))) + "\""), std::string::npos);
}

TEST_F(Api, IsReadOnlyAndSaysWhatIsNotThere) {
  EXPECT_EQ(api_.handle("POST", "/api/machines", kStart).status, 405U);
  EXPECT_EQ(api_.handle("HEAD", "/healthz", kStart).status, 200U);
  EXPECT_EQ(api_.handle("GET", "/nope", kStart).status, 404U);
  EXPECT_EQ(api_.handle("GET", "", kStart).status, 404U);
  EXPECT_EQ(api_.handle("", "", kStart).status, 405U);
  EXPECT_EQ(api_.handle("GET", "/api/events", kStart).status, 501U);
}

TEST(IsoTime, IsUtcWithMilliseconds) {
  EXPECT_EQ(iso_time(WallTime{0s}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso_time(WallTime{1'795'496'938s + 123ms + 900us}), "2026-11-24T05:08:58.123Z");
}

}  // namespace
}  // namespace rackcast
