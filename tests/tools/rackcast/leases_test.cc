#include "tools/rackcast/leases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/leases/sqlite_store.h"
#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

const WallTime kNow{std::chrono::seconds(1'800'000'000)};  // 2027-01-15T08:00:00Z

Lease lease(std::uint8_t last, LeaseState state, Duration left) {
  Lease made;
  made.address = net::Ipv4Address(192, 0, 2, last);
  made.mac = {{0x52, 0x54, 0, 0, 0, last}};
  made.state = state;
  made.starts = kNow - std::chrono::hours(1);
  made.ends = kNow + left;
  return made;
}

struct Leases : ::testing::Test {
  void SetUp() override {
    auto store = SqliteLeaseStore::open(
        folder.path("leases.db"), [](LaneId, const Completion&) { return true; }, [](const std::string&) {});
    ASSERT_TRUE(store);
    (*store)->start();
    Lease named = lease(9, LeaseState::kActive, std::chrono::hours(2));
    named.hostname = "node\x1b[2J";
    named.client_identifier = std::string_view("\x01\xff", 2);
    Lease endless = lease(10, LeaseState::kActive, {});
    endless.bootp = true;
    endless.ends = WallTime::max();
    for (const Lease& each :
         {named, lease(8, LeaseState::kActive, std::chrono::seconds(-1)), endless,
          lease(11, LeaseState::kAbandoned, std::chrono::hours(1)), lease(12, LeaseState::kReleased, {}),
          lease(13, LeaseState::kActive, std::chrono::hours(9)), lease(13, LeaseState::kReleased, {})}) {
      CommitLease work{Ticket{1}, each};
      ASSERT_TRUE((*store)->submit(LaneId{0}, work));
    }
  }
  int show(LeasesOptions options) {
    if (options.config.empty() && options.file.empty()) options.file = folder.path("leases.db");
    out.str("");
    err.str("");
    return show_leases(options, kNow, out, err);
  }

  const testing::TemporaryTree folder;
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(Leases, ATableOfWhatIsInForce) {
  ASSERT_EQ(show({}), 0) << err.str();
  EXPECT_EQ(out.str(),
            "ADDRESS     STATE      MAC                CLIENT-ID  HOSTNAME     STARTS                "
            "ENDS                  POOL\n"
            "192.0.2.9   active     52:54:00:00:00:09  01:ff      node\\x1b[2J  2027-01-15T07:00:00Z  "
            "2027-01-15T10:00:00Z\n"
            "192.0.2.10  active     52:54:00:00:00:0a                          2027-01-15T07:00:00Z  never\n"
            "192.0.2.11  abandoned  52:54:00:00:00:0b                          2027-01-15T07:00:00Z  "
            "2027-01-15T09:00:00Z\n");
}

TEST_F(Leases, JsonOfAllWithTheConfigurationsPools) {
  std::ofstream(folder.path("rackcast.toml")) << "[server]\ninterfaces = [\"lo\"]\nstate_dir = \"" +
                                                     std::string(folder.path("")) +
                                                     "\"\n[dhcp]\n[[dhcp.subnet]]\nsubnet = \"192.0.2.0/24\"\nrange = "
                                                     "[\"192.0.2.2-192.0.2.11\"]\n";
  ASSERT_EQ(show({.json = true, .all = true, .config = folder.path("rackcast.toml")}), 0) << err.str();
  const Json list = Json::parse(out.str());
  ASSERT_EQ(list.size(), 6U);
  EXPECT_EQ(list[0]["address"], "192.0.2.8");
  EXPECT_EQ(list[0]["state"], "expired");
  EXPECT_EQ(list[1]["pool"], "192.0.2.2-192.0.2.11");
  EXPECT_EQ(list[1]["client_id"], "01:ff");
  EXPECT_TRUE(list[2]["ends"].is_null());
  EXPECT_EQ(list[3]["state"], "abandoned");
  EXPECT_EQ(list[4]["state"], "released");
  EXPECT_FALSE(list[4].contains("pool"));
  EXPECT_EQ(list[5]["state"], "released");  // the later of its two rows
}

TEST_F(Leases, SaysWhatIsWrongWithTheStore) {
  EXPECT_EQ(show({.file = "/nonexistent-rackcast/leases.db"}), 1);
  EXPECT_THAT(err.str(), HasSubstr("/nonexistent-rackcast/leases.db"));
  std::ofstream(folder.path("other.db")) << std::string(8192, 'x');
  EXPECT_EQ(show({.file = folder.path("other.db")}), 1);
  EXPECT_THAT(err.str(), HasSubstr("not a database"));
}

}  // namespace
}  // namespace rackcast
