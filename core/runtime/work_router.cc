#include "core/runtime/work_router.h"

#include <utility>

namespace rackcast {

ThreadedWorkRouter::ThreadedWorkRouter(ImageStore* images, LeaseStore* leases,
                                       const std::vector<std::unique_ptr<LanePort>>& ports, OnMachine on_machine,
                                       UploadStore* uploads, OnProbe on_probe)
    : images_(images),
      leases_(leases),
      uploads_(uploads),
      ports_(ports),
      on_machine_(std::move(on_machine)),
      on_probe_(std::move(on_probe)) {}

bool ThreadedWorkRouter::submit(LaneId from, Work& work) {
  if (auto* commit = std::get_if<CommitLease>(&work)) return leases_ != nullptr && leases_->submit(from, *commit);
  if (const auto* machine = std::get_if<PublishMachine>(&work)) {
    publish(machine->machine);
    return true;
  }
  if (std::holds_alternative<WriteUpload>(work) || std::holds_alternative<AbandonUpload>(work))
    return uploads_ != nullptr && uploads_->submit(from, work);
  if (const auto* probe = std::get_if<ProbeAddress>(&work)) return on_probe_ && on_probe_(from, *probe);
  return images_ != nullptr && images_->submit(from, work);
}

// A full mailbox loses the change for that lane (LanePort counts it): the machine's next message publishes it again.
void ThreadedWorkRouter::publish(const Machine& machine) {
  for (const auto& port : ports_) (void)port->post(MachineChanged{machine});
  on_machine_(machine);
}

}  // namespace rackcast
