#include "tools/sim/deterministic/virtual_tree.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/errno_text.h"
#include "core/file_descriptor.h"
#include "core/images/image_loader.h"
#include "io_backends/sim/random.h"
#include "proto/bytes/ascii.h"
#include "tools/sim/machines/digest.h"

namespace rackcast::sim {

namespace {

// One generation, or one piece of it.
class TreeImage final : public Image {
 public:
  TreeImage(std::shared_ptr<const FileContent> content, std::uint64_t number) : content_(std::move(content)) {
    size_bytes = content_->bytes().size();
    generation = number;
    identity.device = 1;
    identity.inode = number;  // a replaced file is another one, as after rename(2)
    identity.size_bytes = size_bytes;
    identity.mtime_ns = static_cast<std::int64_t>(number) * 1'000'000'000;
    identity.ctime_ns = identity.mtime_ns;
  }
  [[nodiscard]] const std::shared_ptr<const FileContent>& content() const { return content_; }

 private:
  std::shared_ptr<const FileContent> content_;
};

const TreeImage& tree_image(const Image& image) {
  return static_cast<const TreeImage&>(image);  // NOLINT: every image of a tree is one
}

}  // namespace

FileContent::FileContent(std::vector<std::byte> bytes)
    : owned_(std::move(bytes)), bytes_(owned_), digest_(digest_of(owned_)) {}

FileContent::~FileContent() {
  if (mapping_ != nullptr) munmap(mapping_, bytes_.size());
}

Result<std::shared_ptr<const FileContent>> FileContent::map(const std::string& file) {
  const FileDescriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts {};
  if (!descriptor.valid() || fstat(descriptor.get(), &facts) != 0)
    return fail("cannot read " + file + ": " + errno_text(errno));
  std::shared_ptr<FileContent> content(new FileContent);
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size > 0) {
    void* mapping = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.get(), 0);
    if (mapping == MAP_FAILED) return fail("cannot map " + file + ": " + errno_text(errno));
    content->mapping_ = mapping;
    content->bytes_ = {static_cast<const std::byte*>(mapping), size};
  }
  content->digest_ = digest_of(content->bytes_);
  return content;
}

std::shared_ptr<const FileContent> random_content(std::size_t size_bytes, std::uint64_t seed) {
  std::vector<std::byte> bytes(size_bytes);
  io::SeededRandom random(seed);
  for (std::size_t at = 0; at < size_bytes; at += sizeof(std::uint64_t)) {
    const std::uint64_t word = random.next();
    std::memcpy(bytes.data() + at, &word, std::min(sizeof word, size_bytes - at));
  }
  return std::make_shared<const FileContent>(std::move(bytes));
}

std::shared_ptr<const FileContent> text_content(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return std::make_shared<const FileContent>(std::vector<std::byte>(bytes.begin(), bytes.end()));
}

Result<TreeContent> read_tree(const std::string& folder) {
  namespace fs = std::filesystem;
  TreeContent tree;
  std::error_code error;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::follow_directory_symlink, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (!walk->is_regular_file(error)) continue;
    if (tree.size() == kTreeFilesMax)
      return fail(folder + " holds more than " + std::to_string(kTreeFilesMax) + " files; name a smaller tree");
    auto content = FileContent::map(walk->path().string());
    if (!content) return tl::make_unexpected(content.error());
    tree.emplace(walk->path().lexically_relative(folder).generic_string(), std::move(*content));
  }
  if (error) return fail("cannot read the tree " + folder + ": " + error.message());
  return tree;
}

VirtualTree::VirtualTree(const TreeContent& content, std::uint64_t resident_bytes_max)
    : resident_bytes_max_(resident_bytes_max) {
  for (const auto& [path, file] : content) replace(path, file);
}

void VirtualTree::replace(std::string_view path, std::shared_ptr<const FileContent> content, Span now) {
  auto it = files_.find(path);
  if (it == files_.end()) it = files_.emplace(std::string(path), File{}).first;
  it->second.generations.push_back({content->bytes().size(), content->digest(), now});
  contents_.push_back(content);
  auto image = std::make_shared<TreeImage>(std::move(content), next_generation_++);
  if (image->size_bytes <= resident_bytes_max_) image->bytes = image->content()->bytes();
  it->second.image = std::move(image);
  epoch_.bump();
}

const VirtualTree::File* VirtualTree::find(std::string_view path) const {
  const auto it = files_.find(path);
  return it == files_.end() ? nullptr : &it->second;
}

const VirtualTree::File* VirtualTree::find_in_any_case(std::string_view path) const {
  for (const auto& [name, file] : files_)
    if (bytes::equal_any_case(name, path)) return &file;
  return nullptr;
}

bool VirtualTree::is_directory(std::string_view path) const {
  if (path.empty()) return true;
  std::string prefix(path);
  prefix.push_back('/');
  const auto it = files_.lower_bound(prefix);
  return it != files_.end() && it->first.starts_with(prefix);
}

std::shared_ptr<const Image> VirtualTree::piece_of(const Image& whole, std::uint64_t offset) {
  const auto& content = tree_image(whole).content();
  auto piece = std::make_shared<TreeImage>(content, whole.generation);
  const std::uint64_t start = piece_start(offset);
  const std::uint64_t end = std::min(whole.size_bytes, start + kPieceBytes + kPieceOverlapBytes);
  piece->offset = start;
  piece->bytes = content->bytes().subspan(start, end - start);
  return piece;
}

const FileContent& VirtualTree::content_of(const Image& image) {
  return *tree_image(image).content();
}

}  // namespace rackcast::sim
