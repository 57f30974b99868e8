/**
 * Submitting and approving from the page of the interview: the tabs of the editor save first, and
 * what a closed tab has left in this browser stops it.
 */

import { t } from "../../core/i18n.js";
import { ulid } from "../../core/ulid.js";
import { OpenPages } from "../../editing/open_pages.js";
import { Outbox } from "../../editing/outbox.js";
import { browserStores } from "../../editing/stores.js";
import { guardSubmission } from "../../editing/submission_forms.js";

const work = document.querySelector("[data-submit-version]");
if (work instanceof HTMLElement) {
  const { submitVersion: version = "", user = "" } = work.dataset;
  const page = ulid();
  const pages = new OpenPages(page, `${user}/${version}`);
  const outbox = new Outbox(user, version, page, browserStores());
  guardSubmission(
    /** @type {NodeListOf<HTMLFormElement>} */ (work.querySelectorAll("form[data-submission]")),
    work.querySelector("[data-not-submitted]"),
    async () => {
      if (await pages.saveElsewhere())
        return t("Not submitted for approval: another tab has changes that are not saved yet.");
      if (await outbox.hasRows())
        return t(
          "Not submitted for approval: this browser has words that are not saved yet. Open the transcript, and they are saved.",
        );
      return "";
    },
  );
}
