#include "tools/sim/replay/instant_work.h"

#include <utility>

namespace rackcast::sim {

namespace {

ImageStatus status_of(const OpenedFile& file) {
  switch (file.status) {
    case OpenStatus::kOpened:
      return file.regular() ? ImageStatus::kLoaded : ImageStatus::kNotFound;
    case OpenStatus::kNotFound:
    case OpenStatus::kUnreadable:
      return ImageStatus::kNotFound;
    case OpenStatus::kLeavesRoot:
      return ImageStatus::kRefused;
    case OpenStatus::kFailed:
      break;
  }
  return ImageStatus::kFailed;
}

}  // namespace

InstantWork::InstantWork(std::optional<RootDirectory> tree, std::uint64_t budget_bytes, LanePort& port)
    : tree_(std::move(tree)),
      budget_bytes_(budget_bytes),
      port_(port),
      live_(std::make_shared<std::atomic<std::uint64_t>>(0)) {}

bool InstantWork::submit(LaneId, Work& work) {
  std::optional<Completion> answer;
  if (const auto* commit = std::get_if<CommitLease>(&work)) answer = LeaseCommitted{commit->ticket, true};
  if (const auto* load_image = std::get_if<LoadImage>(&work)) answer = load(*load_image);
  if (const auto* piece = std::get_if<ReadPiece>(&work)) answer = read(*piece);
  if (auto* upload = std::get_if<WriteUpload>(&work))
    answer = UploadWritten{upload->ticket, UploadStatus::kWritten, upload->name, upload->buffer};
  if (const auto* probe = std::get_if<ProbeAddress>(&work)) answer = AddressProbed{probe->ticket, false};
  if (!answer) return true;  // released images, published machines and abandoned uploads have no answer
  if (!port_.post(std::move(*answer))) return false;
  ++posted_;
  return true;
}

Completion InstantWork::load(const LoadImage& work) {
  ImageLoaded loaded{work.ticket, work.path, ImageStatus::kNotFound, nullptr, epoch_.value()};
  if (!tree_) return loaded;
  OpenedFile file = open_beneath(*tree_, work.path.view());
  loaded.status = status_of(file);
  if (loaded.status != ImageStatus::kLoaded) return loaded;
  loaded.image = image_of(std::string(work.path.view()), std::move(file));
  if (loaded.image == nullptr) loaded.status = ImageStatus::kFailed;
  return loaded;
}

std::shared_ptr<const Image> InstantWork::image_of(const std::string& path, OpenedFile file) {
  Known& known = known_[path];
  if (known.image != nullptr && known.identity == file.identity) return known.image;
  std::shared_ptr<Image> image;
  const FileIdentity identity = file.identity;
  if (identity.size_bytes > budget_bytes_) {
    image = hold_open(std::move(file));
  } else {
    DescriptorSource source(file.descriptor.get());
    image = load_resident(source, identity, live_).image;
  }
  if (image != nullptr) image->generation = ++generations_;
  known = {identity, image};
  return image;
}

Completion InstantWork::read(const ReadPiece& work) const {
  LoadOutcome outcome = read_piece(*work.image, work.offset, live_);
  const bool there = outcome.status == LoadStatus::kLoaded;
  if (there) outcome.image->generation = work.image->generation;
  return PieceRead{work.ticket, there ? PieceStatus::kRead : PieceStatus::kFailed,
                   there ? std::move(outcome.image) : nullptr};
}

}  // namespace rackcast::sim
