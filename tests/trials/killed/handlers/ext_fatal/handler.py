"""An extension that ends the process running it, as one that runs out of memory does."""

from __future__ import annotations

import os
import signal

from handlers.contract import Feedback, Handler, LineContext, ParametersForm


class Fatal(Handler):
    name = "ext_fatal"
    version = 1
    label = "Fatal"
    summary = "Kills its worker."
    MerchantForm = ParametersForm

    def post_payment(self, line: LineContext) -> Feedback:
        os.kill(os.getpid(), signal.SIGKILL)
        return Feedback()
