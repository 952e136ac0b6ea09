#include "core/engine/tftp/transfer_table.h"

#include <gtest/gtest.h>

namespace rackcast::engine::tftpd {
namespace {

Destination to(std::uint8_t host, std::uint16_t tid = 1) {
  Destination destination;
  destination.peer = {net::Ipv4Address(10, 0, 0, host), net::UdpPort(2'070)};
  destination.socket = SocketId{tid};
  return destination;
}

TEST(TransferTable, AnEndedTransferKeepsItsKeyButNotItsPeer) {
  TransferTable table(4, 1);
  const TransferIndex index = table.create(to(1));
  EXPECT_EQ(table.find(SocketId{1}, to(1).peer), index);
  EXPECT_EQ(table.running_of(to(1).peer), index);
  table.linger(index, MonotonicTime(std::chrono::seconds(3)));
  EXPECT_EQ(table.find(SocketId{1}, to(1).peer), index);
  EXPECT_EQ(table.running_of(to(1).peer), kNoTransfer);
  EXPECT_EQ(table.running(), 0U);
  EXPECT_EQ(table.oldest_lingering(), index);
  table.remove(index);
  EXPECT_EQ(table.find(SocketId{1}, to(1).peer), kNoTransfer);
}

TEST(TransferTable, IsFullAtItsCapacityAndReusesSlots) {
  TransferTable table(2, 1);
  const TransferIndex a = table.create(to(1));
  (void)table.create(to(2));
  EXPECT_TRUE(table.full());
  const std::uint32_t serial = table.at(a).serial;
  table.remove(a);
  EXPECT_FALSE(table.full());
  EXPECT_EQ(table.create(to(3)), a);
  EXPECT_NE(table.at(a).serial, serial);
}

TEST(TransferTable, UnconfirmedAreKeptInOrderOfArrival) {
  TransferTable table(4, 1);
  const TransferIndex a = table.create(to(1));
  const TransferIndex b = table.create(to(2));
  const TransferIndex c = table.create(to(3));
  for (const TransferIndex index : {a, b, c}) table.image_came(index);
  EXPECT_EQ(table.oldest_unconfirmed(), a);
  table.confirm(a);
  table.confirm(a);
  EXPECT_EQ(table.oldest_unconfirmed(), b);
  table.remove(b);
  EXPECT_EQ(table.oldest_unconfirmed(), c);
  table.linger(c, {});
  EXPECT_EQ(table.oldest_unconfirmed(), kNoTransfer);
  EXPECT_EQ(table.running(), 1U);
}

TEST(TransferTable, WhoWaitsForItsImageComesAfterAllThatHaveTheirs) {
  TransferTable table(4, 1);
  const TransferIndex first = table.create(to(1));
  const TransferIndex second = table.create(to(2));
  const TransferIndex has_it = table.create(to(3));
  table.image_came(has_it);
  EXPECT_EQ(table.oldest_unconfirmed(), has_it);
  table.remove(has_it);
  EXPECT_EQ(table.oldest_unconfirmed(), first);
  table.image_came(first);
  table.image_came(first);
  EXPECT_EQ(table.oldest_unconfirmed(), first);
  table.confirm(first);
  EXPECT_EQ(table.oldest_unconfirmed(), second);
  table.linger(second, {});
  EXPECT_EQ(table.oldest_unconfirmed(), kNoTransfer);
}

}  // namespace
}  // namespace rackcast::engine::tftpd
