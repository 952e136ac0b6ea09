#include "core/quirks/other_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rackcast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> others(const AskedName& asked) {
  std::vector<std::string> names;
  for (unsigned i = 0; const auto other = other_name(asked, i); ++i) names.emplace_back(other->path.view());
  EXPECT_LE(names.size(), kOtherNamesMax);
  return names;
}

TEST(OtherNames, AnOrdinaryNameHasNone) {
  EXPECT_THAT(others({.path = "pxelinux.0"}), IsEmpty());
  EXPECT_THAT(others({.path = "a/b", .boot_folder = "efi"}), IsEmpty());
  EXPECT_THAT(others({.path = "", .boot_folder = "efi"}), IsEmpty());
}

TEST(OtherNames, ABareNameMayLieBesideTheBootFile) {
  EXPECT_THAT(others({.path = "grubx64.efi", .boot_folder = "efi/debian"}), ElementsAre("efi/debian/grubx64.efi"));
}

TEST(OtherNames, GarbageForANextStageIsGrubInTheFolderAskedForOrShims) {
  for (const char* garbage : {"loader/?USB", "loader/\x01USB", "loader/\xEF\xBF\xBDOnboard", "loader/\x7F"})
    EXPECT_THAT(others({.path = garbage, .boot_folder = "efi"}), ElementsAre("loader/grubx64.efi")) << garbage;
  EXPECT_THAT(others({.path = "?USB"}), ElementsAre("grubx64.efi"));
  EXPECT_THAT(others({.path = "?USB", .boot_folder = "efi"}), ElementsAre("efi/?USB", "efi/grubx64.efi"));
  EXPECT_THAT(others({.path = "loader/USB?"}), IsEmpty());
  EXPECT_EQ(others({.path = "loader/?USB", .backslashes = true}).size(), 2U);
}

TEST(OtherNames, WhichGrubDependsOnTheMachine) {
  EXPECT_THAT(others({.path = "a/?USB", .architecture = 7}), ElementsAre("a/grubx64.efi"));
  EXPECT_THAT(others({.path = "a/?USB", .architecture = 6}), ElementsAre("a/grubia32.efi"));
  EXPECT_THAT(others({.path = "a/?USB", .architecture = 11}), ElementsAre("a/grubaa64.efi"));
  EXPECT_THAT(others({.path = "a/?USB", .architecture = 0}), IsEmpty()) << "a BIOS starts no shim";
}

TEST(OtherNames, WindowsNamesAreLookedForInAnyCase) {
  const auto names = others({.path = "Boot/BCD", .backslashes = true, .boot_folder = "win"});
  ASSERT_EQ(names.size(), 1U);
  EXPECT_EQ(asked_in_any_case(names.front()), "Boot/BCD");
  EXPECT_EQ(others({.path = "BCD", .backslashes = true, .boot_folder = "win"}).size(), 2U);
}

TEST(OtherNames, WhatWouldBeTooLongIsNotTried) {
  const std::string longest(kPathBytesMax, 'a');
  EXPECT_THAT(others({.path = longest, .backslashes = true, .boot_folder = "efi"}), IsEmpty());
}

TEST(EndByte, IsCutOffButNeverTheWholeName) {
  EXPECT_EQ(without_end_byte("pxelinux.0\xFF"), "pxelinux.0");
  EXPECT_EQ(without_end_byte("a\xFF\xFF"), "a");
  EXPECT_EQ(without_end_byte("\xFF"), "\xFF");
  EXPECT_EQ(without_end_byte(""), "");
}

}  // namespace
}  // namespace rackcast
