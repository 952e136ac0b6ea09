// A PXE client that looks for its boot server by multicast (43.7), against a whole lane on a simulated network.
#include <gtest/gtest.h>

#include "core/engine/dhcp/dhcp_engine.h"
#include "core/runtime/lane.h"
#include "io_backends/sim/sim_endpoint.h"
#include "io_backends/sim/sim_io.h"
#include "proto/dhcp/message_writer.h"
#include "tests/support/recording_io.h"

namespace rackcast {
namespace {

using dhcp4::OptionCode;

constexpr net::Ipv4Address kGroup{239, 255, 77, 2};
constexpr net::Ipv4Address kServer{10, 0, 0, 1};
constexpr net::Ipv4Address kClient{10, 0, 0, 2};
constexpr Duration kAWhile = std::chrono::milliseconds(100);

Config menu_config() {
  Config config;
  config.dhcp.emplace();
  SubnetConfig subnet;
  subnet.subnet = {net::Ipv4Address(10, 0, 0, 0), 24};
  config.dhcp->subnets = {subnet};
  config.dhcp->pxe.emplace();
  config.dhcp->pxe->discovery_group = kGroup;
  config.dhcp->pxe->menu = {{32'768, "Install", "install.0"}};
  return config;
}

// A REQUEST for the menu's first item.
std::vector<std::byte> boot_server_request() {
  std::vector<std::byte> octets(1'472);
  dhcp4::Header header;
  header.set_mac({{2, 0, 0, 0, 0, 2}});
  header.ciaddr = kClient;
  dhcp4::MessageWriter writer(octets, header, {.size_bytes_max = octets.size()});
  (void)writer.put_u8(OptionCode::kMessageType, static_cast<std::uint8_t>(dhcp4::MessageType::kRequest));
  (void)writer.put_text(OptionCode::kVendorClass, "PXEClient:Arch:00000:UNDI:002001");
  (void)writer.put_text(OptionCode::kVendorOptions, std::string("\x47\x04\x80\x00\x00\x00\xff", 7));
  octets.resize(writer.finish().size());
  return octets;
}

class DiscoveryGroup : public ::testing::Test {
 protected:
  void start(const Config& config) {
    io::SimNic& nic = server_.add_nic(segment_, {{2, 0, 0, 0, 0, 1}});
    server_.add_address(nic, kServer, 24);
    client_host_.add_address(client_host_.add_nic(segment_, {{2, 0, 0, 0, 0, 2}}), kClient, 24);
    std::vector<io::SocketSpec> specs;
    for (const net::UdpPort port : {dhcp4::kServerPort, engine::kBootServerPort}) {
      io::SocketSpec spec;
      spec.bind = {net::Ipv4Address(), port};
      spec.interface = nic.name;
      spec.broadcast = true;
      specs.push_back(spec);
    }
    const std::vector<std::vector<io::SocketSpec>> lanes{specs};
    auto opened = io::SimIo::open_lanes(server_, lanes);
    ASSERT_TRUE(opened);
    io_ = std::move(opened->front());
    engine::DhcpSetup dhcp{.config = std::make_shared<Config>(config)};
    dhcp.interfaces = {{SocketId{0}, nic.index, "eth0", {{kServer, {net::Ipv4Address(10, 0, 0, 0), 24}}}, SocketId{1}}};
    LaneSetup setup;
    setup.route = {0, 0};
    setup.engines.push_back(std::make_unique<engine::DhcpEngine>(std::move(dhcp), network_.now()));
    lane_.emplace(std::move(setup), *io_, port_, events_, router_);
    turn();
  }
  void turn() {
    network_.advance_to(network_.now().monotonic + kAWhile);
    lane_->turn(network_.now().monotonic);
    network_.advance_to(network_.now().monotonic + kAWhile);
  }
  // The boot file of the answer to a request that is sent to the group; "": no answer.
  std::string look_for_server() {
    if (client_ == nullptr) {
      io::SimSocketSpec spec;
      spec.bind.port = dhcp4::kClientPort;
      client_ = std::move(*io::SimEndpoint::open(client_host_, spec));
    }
    io::SimSendRequest request;
    request.peer = {kGroup, engine::kBootServerPort};
    request.interface = client_host_.nics().front()->index;
    EXPECT_EQ(client_->send(request, boot_server_request()), io::SimSendResult::kSent);
    turn();
    const auto mail = client_->take();
    if (!mail) return "";
    EXPECT_EQ(mail->facts.from, (net::Endpoint{kServer, engine::kBootServerPort}));
    const auto message = dhcp4::parse_message(mail->payload);
    return message ? std::string(message->file_text()) : "";
  }

  io::SimNetwork network_;
  io::SegmentId segment_ = network_.add_segment();
  io::SimHost& server_ = network_.add_host("server");
  io::SimHost& client_host_ = network_.add_host("client");
  std::unique_ptr<io::SimEndpoint> client_;
  testing::RecordingEvents events_;
  testing::RecordingRouter router_;
  LanePort port_;
  std::unique_ptr<io::SimIo> io_;
  std::optional<Lane> lane_;
};

TEST_F(DiscoveryGroup, IsListenedToFromTheFirstTurnOn) {
  start(menu_config());
  EXPECT_EQ(look_for_server(), "install.0");
}

TEST_F(DiscoveryGroup, IsListenedToAfterAReloadThatNamesIt) {
  Config config = menu_config();
  config.dhcp->pxe->discovery_group.reset();
  start(config);
  EXPECT_EQ(look_for_server(), "") << "nobody said so";
  ASSERT_TRUE(port_.post(ConfigSwapped{std::make_shared<Config>(menu_config())}));
  turn();
  EXPECT_EQ(look_for_server(), "install.0");
}

}  // namespace
}  // namespace rackcast
