// Work done on the spot, so that a replay is a function of its input: images are read from the tree at once, leases are
// durable at once, uploads are thrown away and count as written. The answers wait in the lane's mailbox for its next
// turn. Single-threaded; reads files.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/images/image_epoch.h"
#include "core/images/image_loader.h"
#include "core/images/open_beneath.h"
#include "core/runtime/lane_port.h"
#include "core/work.h"

namespace rackcast::sim {

class InstantWork final : public WorkRouter {
 public:
  // `tree`: absent: nothing is found. Images above `budget_bytes` are read in pieces, as the daemon does.
  InstantWork(std::optional<RootDirectory> tree, std::uint64_t budget_bytes, LanePort& port);

  [[nodiscard]] bool submit(LaneId from, Work& work) override;

  [[nodiscard]] const ImageEpoch& epoch() const { return epoch_; }
  // Answers posted since the last look.
  [[nodiscard]] std::size_t take_posted() { return std::exchange(posted_, 0); }

 private:
  [[nodiscard]] Completion load(const LoadImage& work);
  [[nodiscard]] Completion read(const ReadPiece& work) const;
  [[nodiscard]] std::shared_ptr<const Image> image_of(const std::string& path, OpenedFile file);

  struct Known {
    FileIdentity identity;
    std::shared_ptr<const Image> image;
  };

  std::optional<RootDirectory> tree_;
  std::uint64_t budget_bytes_;
  LanePort& port_;
  ImageEpoch epoch_;
  LiveBytes live_;
  std::map<std::string, Known> known_;  // by path
  std::uint64_t generations_ = 0;
  std::size_t posted_ = 0;
};

}  // namespace rackcast::sim
