// The building blocks of a record's memory.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "core/leases/fresh_addresses.h"
#include "core/leases/text_cells.h"

namespace rackcast {
namespace {

std::string letters(std::size_t count, std::size_t salt) {
  std::string text(count, '\0');
  for (std::size_t i = 0; i < count; ++i) text[i] = static_cast<char>(i * 7 + salt);
  return text;
}

TEST(TextCells, GiveBackWhatWasKeptAtEveryLength) {
  TextCells cells;
  cells.grow(64);
  for (std::size_t size = 0; size <= 255; ++size) {
    Lease lease;
    lease.hostname.assign(letters(size % 65, 1));
    lease.client_identifier.assign(letters(size, 2));
    lease.relay_info.assign(letters(255 - size, 3));
    const auto handle = cells.keep(lease);
    ASSERT_TRUE(handle);
    Lease read;
    cells.read(*handle, read);
    EXPECT_EQ(read, lease) << size;
    cells.release(*handle);
    EXPECT_EQ(cells.used(), 0U);
  }
}

TEST(TextCells, NoTextsTakeNoCell) {
  TextCells cells;
  EXPECT_EQ(cells.keep(Lease{}), TextCells::kNone);
}

TEST(TextCells, WhenFullNothingIsKeptAndWhatWasReleasedIsUsedAgain) {
  TextCells cells;
  cells.grow(3);
  Lease one;
  one.hostname = "a";
  Lease three;
  three.relay_info.assign(letters(80, 1));  // with three lengths, 83 bytes: three cells
  const auto handle = cells.keep(one);
  ASSERT_TRUE(handle);
  EXPECT_FALSE(cells.keep(three));
  EXPECT_EQ(cells.used(), 1U);
  cells.release(*handle);
  const auto all = cells.keep(three);
  ASSERT_TRUE(all);
  EXPECT_FALSE(cells.keep(one));
  Lease read;
  cells.read(*all, read);
  EXPECT_EQ(read, three);
}

net::Ipv4Address at(std::uint32_t n) {
  return net::Ipv4Address(n);
}

TEST(FreshAddresses, TheFirstIsTheLowestOfTheFirstRangeThatHasOne) {
  FreshAddresses fresh({{at(1000), at(1070)}, {at(10), at(12)}});
  EXPECT_EQ(fresh.first(), at(1000));
  for (std::uint32_t n = 1000; n <= 1070; ++n) {
    EXPECT_EQ(fresh.first(), at(n));
    fresh.clear(at(n));
  }
  EXPECT_EQ(fresh.first(), at(10));
  fresh.set(at(1033));
  EXPECT_EQ(fresh.first(), at(1033));
  fresh.set(at(5));
  fresh.clear(at(13));
  for (const std::uint32_t n : {1033U, 10U, 11U, 12U}) fresh.clear(at(n));
  EXPECT_FALSE(fresh.first());
  EXPECT_FALSE(FreshAddresses().first());
}

TEST(FreshAddresses, TheWholeAddressSpaceIsBounded) {
  FreshAddresses fresh({{at(0), at(0xFFFF'FFFF)}, {at(1), at(1)}});
  EXPECT_EQ(fresh.first(), at(0));
  fresh.clear(at(0));
  fresh.clear(at(0xFFFF'FFFF));
  EXPECT_EQ(fresh.first(), at(1));
}

TEST(FreshAddresses, WhatIsTakenIsFoundInOrder) {
  std::mt19937 random(3);
  FreshAddresses fresh({{at(100), at(499)}, {at(1000), at(1129)}});
  std::set<std::uint32_t> taken;
  for (int i = 0; i < 60; ++i) {
    const auto n = static_cast<std::uint32_t>(random() % 2 == 0 ? 100 + random() % 400 : 1000 + random() % 130);
    taken.insert(n);
    fresh.clear(at(n));
  }
  std::set<std::uint32_t> found;
  for (auto next = fresh.next_taken(at(0), at(2000)); next; next = fresh.next_taken(at(next->value() + 1), at(2000)))
    ASSERT_TRUE(found.insert(next->value()).second);
  EXPECT_EQ(found, taken);
  EXPECT_FALSE(fresh.next_taken(at(500), at(999)));
}

}  // namespace
}  // namespace rackcast
