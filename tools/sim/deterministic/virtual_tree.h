// The files that a deterministic run serves: in memory, with generations. Contents are immutable and shared by every
// world of a process; a tree is one world's view of them, in which a file may be replaced while it is being sent.
//
//   TreeContent   path -> FileContent (bytes and their digest), made once
//   VirtualTree   path -> present image, and what every generation's digest was
//
// Thread: FileContent and TreeContent any (immutable); a VirtualTree its world's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/images/image.h"
#include "core/images/image_epoch.h"
#include "core/result.h"
#include "tools/sim/machines/time.h"

namespace rackcast::sim {

// Where the tree lies for the server of every deterministic run.
inline constexpr std::string_view kTreeRoot = "/srv/rackcast";

// Bytes of one generation, owned here or mapped from a file.
class FileContent {
 public:
  explicit FileContent(std::vector<std::byte> bytes);
  // Maps the file read-only. It must not change while the process runs.
  [[nodiscard]] static Result<std::shared_ptr<const FileContent>> map(const std::string& file);
  ~FileContent();
  FileContent(const FileContent&) = delete;
  FileContent& operator=(const FileContent&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }

 private:
  FileContent() = default;

  std::vector<std::byte> owned_;
  void* mapping_ = nullptr;
  std::span<const std::byte> bytes_;
  std::uint64_t digest_ = 0;
};

using TreeContent = std::map<std::string, std::shared_ptr<const FileContent>>;  // by path, without leading '/'

// Pseudo-random bytes, the same for the same seed.
[[nodiscard]] std::shared_ptr<const FileContent> random_content(std::size_t size_bytes, std::uint64_t seed);
[[nodiscard]] std::shared_ptr<const FileContent> text_content(std::string_view text);
// Every regular file below `folder`, links followed. Fails when there are more than kTreeFilesMax.
[[nodiscard]] Result<TreeContent> read_tree(const std::string& folder);
inline constexpr std::size_t kTreeFilesMax = 200'000;

struct FileGeneration {
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;
  Span since{};  // of the run
};

class VirtualTree {
 public:
  // Files above `resident_bytes_max` are held images, sent in pieces.
  explicit VirtualTree(const TreeContent& content, std::uint64_t resident_bytes_max = ~std::uint64_t{0});

  struct File {
    std::shared_ptr<const Image> image;  // identity and size; not resident when above the limit
    std::vector<FileGeneration> generations;
  };

  // Replaces the file (or adds one); who reads the old generation keeps it.
  void replace(std::string_view path, std::shared_ptr<const FileContent> content, Span now = {});

  [[nodiscard]] const File* find(std::string_view path) const;  // null: no such file
  [[nodiscard]] const File* find_in_any_case(std::string_view path) const;
  [[nodiscard]] bool is_directory(std::string_view path) const;
  [[nodiscard]] const ImageEpoch& epoch() const { return epoch_; }
  // The piece of `whole` (an image of this tree, of any generation) around `offset`.
  [[nodiscard]] static std::shared_ptr<const Image> piece_of(const Image& whole, std::uint64_t offset);
  // Of an image of this tree: all bytes, resident or not, and their digest. Lives as long as the tree.
  [[nodiscard]] static const FileContent& content_of(const Image& image);
  [[nodiscard]] const std::map<std::string, File, std::less<>>& files() const { return files_; }

 private:
  std::map<std::string, File, std::less<>> files_;
  std::vector<std::shared_ptr<const FileContent>> contents_;  // of all generations: what is in flight borrows from them
  std::uint64_t resident_bytes_max_;
  std::uint64_t next_generation_ = 1;
  ImageEpoch epoch_;
};

}  // namespace rackcast::sim
