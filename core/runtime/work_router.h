// The daemon's WorkRouter: leases to the lease store, images to the image store, uploads to theirs, machines to every
// lane and to the board, addresses to the prober. Any lane's thread may submit; nothing blocks. (Simulation has its
// own, with virtual delays.)
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/images/image_store.h"
#include "core/leases/lease_store.h"
#include "core/runtime/lane_port.h"
#include "core/uploads/upload_store.h"
#include "core/work.h"

namespace rackcast {

class ThreadedWorkRouter final : public WorkRouter {
 public:
  // Both: any lane's thread; must not block.
  using OnMachine = std::function<void(const Machine&)>;
  using OnProbe = std::function<bool(LaneId, const ProbeAddress&)>;  // false: too many are under way

  // `images`, `leases`, `uploads`, `on_probe`: null when nothing that needs them is configured. `ports` by LaneId. All
  // outlive the lanes.
  ThreadedWorkRouter(ImageStore* images, LeaseStore* leases, const std::vector<std::unique_ptr<LanePort>>& ports,
                     OnMachine on_machine, UploadStore* uploads = nullptr, OnProbe on_probe = nullptr);

  [[nodiscard]] bool submit(LaneId from, Work& work) override;

 private:
  void publish(const Machine& machine);

  ImageStore* images_;
  LeaseStore* leases_;
  UploadStore* uploads_;
  const std::vector<std::unique_ptr<LanePort>>& ports_;
  OnMachine on_machine_;
  OnProbe on_probe_;
};

}  // namespace rackcast
