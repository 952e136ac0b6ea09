// The corpus of dhcpd.conf files, and a machine that has it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/core/oldfiles/fake_host.h"

namespace rackcast::testing {

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Names of the files of a folder of the corpus, "" or "broken", with that folder in front.
inline std::vector<std::string> corpus_files(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(RACKCAST_DHCPD_CONF) / folder))
    if (entry.path().extension() == ".conf")
      names.push_back((folder.empty() ? "" : folder + "/") + entry.path().filename().string());
  std::sort(names.begin(), names.end());
  EXPECT_FALSE(names.empty());
  return names;
}

// A machine whose working folder is the corpus.
inline FakeHost corpus_host() {
  FakeHost host;
  const std::filesystem::path root(RACKCAST_DHCPD_CONF);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.path().extension() == ".conf")
      host.files[std::filesystem::relative(entry.path(), root).string()] = file_text(entry.path());
  host.names["localhost"] = {*net::IpAddress::parse("127.0.0.1")};
  return host;
}

}  // namespace rackcast::testing
