// A folder under the system's temporary folder, gone with the object; files in it are named relative to it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rackcast::testing {

class TemporaryTree {
 public:
  TemporaryTree() {
    std::string name = (std::filesystem::temp_directory_path() / "rackcast-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    // Without links, so that absolute links into the tree name it as the kernel does.
    base_ = std::filesystem::canonical(name);
  }
  ~TemporaryTree() {
    std::error_code ignored;
    std::filesystem::remove_all(base_, ignored);
  }
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;

  [[nodiscard]] std::string path(std::string_view name) const { return (base_ / name).string(); }

  // Creates or rewrites in place, with the folders above.
  void write(std::string_view name, std::string_view content) const {
    std::filesystem::create_directories((base_ / name).parent_path());
    std::ofstream file(base_ / name, std::ios::binary | std::ios::trunc);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!file.flush()) throw std::runtime_error("cannot write " + path(name));
  }
  void link(const std::string& target, std::string_view name) const {
    std::filesystem::create_symlink(target, base_ / name);
  }
  void rename(std::string_view from, std::string_view to) const { std::filesystem::rename(base_ / from, base_ / to); }
  void remove(std::string_view name) const { std::filesystem::remove_all(base_ / name); }
  void make_folder(std::string_view name) const { std::filesystem::create_directories(base_ / name); }
  void truncate(std::string_view name, std::uintmax_t size) const { std::filesystem::resize_file(base_ / name, size); }

 private:
  std::filesystem::path base_;
};

}  // namespace rackcast::testing
