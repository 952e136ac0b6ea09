#include "io_backends/socket/socket_set.h"

#include <gmock/gmock.h>

namespace rackcast::io {
namespace {

using ::testing::HasSubstr;

SocketSpec loopback(std::uint16_t port = 0) {
  SocketSpec spec;
  spec.bind = {net::Ipv4Address(127, 0, 0, 1), net::UdpPort{port}};
  spec.buffer_bytes = 65'536;
  return spec;
}

TEST(SocketSet, TellsThePortTheKernelChose) {
  const auto set = SocketSet::open({loopback(), loopback()});
  ASSERT_TRUE(set.has_value()) << set.error().message;
  ASSERT_EQ(set->sockets().size(), 2U);
  EXPECT_NE(set->sockets()[0].local.port.value(), 0);
  EXPECT_NE(set->sockets()[0].local.port, set->sockets()[1].local.port);
  EXPECT_EQ(set->sockets()[0].local.address, net::IpAddress(net::Ipv4Address(127, 0, 0, 1)));
  EXPECT_EQ(set->frame_socket(), -1);
}

TEST(SocketSet, NamesAPortInUseAndSaysWhatToDo) {
  const auto first = SocketSet::open({loopback()});
  ASSERT_TRUE(first.has_value());
  auto spec = loopback(first->sockets()[0].local.port.value());
  spec.purpose = "TFTP";
  const auto second = SocketSet::open({spec});
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message, HasSubstr("TFTP (UDP) " + std::string(spec.bind.text().view())));
  EXPECT_THAT(second.error().message, HasSubstr("in use"));
  EXPECT_THAT(second.error().message, HasSubstr("ss -lunp"));
}

TEST(SocketSet, DoesNotJoinAnotherProgramsSteeredGroup) {
  auto spec = loopback();
  spec.steer_by_source = true;
  const std::vector<std::vector<SocketSpec>> lanes{{spec}, {spec}};
  const auto first = SocketSet::open_lanes(lanes);
  ASSERT_TRUE(first.has_value()) << first.error().message;
  auto same = spec;
  same.bind = (*first)[0].sockets()[0].local;
  const std::vector<std::vector<SocketSpec>> again{{same}, {same}};
  const auto second = SocketSet::open_lanes(again);
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message, HasSubstr("in use"));
}

TEST(SocketSet, OpensOneGroupPerPlaceAcrossLanes) {
  auto spec = loopback();
  spec.steer_by_source = true;
  const std::vector<std::vector<SocketSpec>> lanes{{spec, loopback(), spec}, {spec, loopback(), spec}};
  const auto sets = SocketSet::open_lanes(lanes);
  ASSERT_TRUE(sets.has_value()) << sets.error().message;
  const auto a = (*sets)[0].sockets();
  const auto b = (*sets)[1].sockets();
  EXPECT_EQ(a[0].local, b[0].local);
  EXPECT_EQ(a[2].local, b[2].local);
  EXPECT_NE(a[0].local, a[2].local) << "two specs of one lane are two groups";
  EXPECT_NE(a[1].local, b[1].local) << "not steered: each lane has its own";
}

TEST(SocketSet, NamesAnInterfaceThatDoesNotExist) {
  auto spec = loopback();
  spec.interface = "nosuchif0";
  const auto set = SocketSet::open({spec});
  ASSERT_FALSE(set.has_value());
  EXPECT_THAT(set.error().message, HasSubstr("interface nosuchif0 does not exist"));
  spec.interface = "a_name_longer_than_any_interface_may_have";
  EXPECT_FALSE(SocketSet::open({spec}).has_value());
}

TEST(SocketSet, NamesAnAddressThisHostDoesNotHave) {
  auto spec = loopback();
  spec.bind.address = net::Ipv4Address(203, 0, 113, 77);
  const auto set = SocketSet::open({spec});
  ASSERT_FALSE(set.has_value());
  EXPECT_THAT(set.error().message, HasSubstr("203.0.113.77"));
  EXPECT_THAT(set.error().message, HasSubstr("does not have that address"));
}

TEST(SocketSet, ReceiversOfOneHostMaySharePort) {
  auto spec = loopback();
  spec.share_port = true;
  const auto first = SocketSet::open({spec});
  ASSERT_TRUE(first.has_value());
  spec.bind = first->sockets()[0].local;
  EXPECT_TRUE(SocketSet::open({spec}).has_value());
}

}  // namespace
}  // namespace rackcast::io
