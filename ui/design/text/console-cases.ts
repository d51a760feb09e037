// Texts of erasure and legal holds, and of evidence that is missing. Entries are [Vietnamese, English].
import type { CaseStanding } from '../../generated/CaseStanding';
import type { EraseOutcome } from '../../generated/EraseOutcome';
import type { OwedBecause } from '../../generated/OwedBecause';
import { texts, type Text } from './catalogue';

export const cases = texts({
  lead: [
    'Xoá dữ liệu của khách hàng khi có yêu cầu, hoặc giữ lại để giải quyết tranh chấp. Mọi việc ở đây đều được ghi vào nhật ký kiểm toán.',
    'Erase a customer’s data on request, or keep it for a dispute. Everything done here stands in the audit.',
  ],
  eraseTab: ['Xoá dữ liệu khách hàng', 'Erase a customer’s data'],
  holdsTab: ['Giữ theo yêu cầu pháp lý', 'Legal holds'],
  msisdn: ['Số thuê bao', 'Subscriber number'],
  msisdnHint: ['Tìm mọi cuộc gọi của số này. Số không lưu vào địa chỉ trang và nhật ký.', 'Finds every call of this number. It is kept neither in the address nor in the audit.'],
  orCall: ['hoặc mã cuộc gọi', 'or the id of a call'],
  find: ['Tìm', 'Find'],
  oneOfTwo: ['Nhập số thuê bao hoặc mã cuộc gọi.', 'Enter a number or the id of a call.'],
  notBoth: ['Chỉ nhập một trong hai.', 'Enter only one of the two.'],
  notAsked: ['Chưa tìm khách hàng nào', 'Nobody looked for yet'],
  notAskedHint: ['Nhập số thuê bao hoặc mã cuộc gọi ở trên. Trước khi xoá, anh/chị sẽ thấy đúng những gì sẽ bị xoá.', 'Enter a number or the id of a call above. What would be erased is shown before anything is.'],
  nothing: ['Không có dữ liệu nào', 'There is no data'],
  nothingHint: [
    'Không có cuộc gọi nào của khách hàng này còn dữ liệu, hoặc khách hàng thuộc công ty ngoài phạm vi của anh/chị.',
    'No call of this customer has data left, or the customer is of a company you do not see.',
  ],
  found: ['Các cuộc gọi tìm thấy', 'Calls found'],
  choose: ['Chọn', 'Choose'],
  chooseCall: [(id: string) => `Chọn cuộc gọi ${id}`, (id: string) => `Choose call ${id}`],
  call: ['Cuộc gọi', 'Call'],
  home: ['Công ty', 'Company'],
  created: ['Tạo lúc', 'Taken in'],
  ended: ['Kết thúc', 'Ended'],
  standing: ['Tình trạng', 'Standing'],
  pictures: ['Ảnh', 'Pictures'],
  evidence: ['Biên bản kết quả', 'Records of verdicts'],
  eraseChosen: [(n: string) => `Xoá dữ liệu của ${n} cuộc gọi…`, (n: string) => `Erase the data of ${n} calls…`],
  chosenNone: ['Chưa chọn cuộc gọi nào để xoá.', 'No call is chosen.'],
  leftOut: [
    (n: string) => `${n} cuộc gọi không xoá được lúc này: đang diễn ra, đang được giữ, hoặc đã xoá.`,
    (n: string) => `${n} calls cannot be erased now: they run, are held, or were erased.`,
  ],

  eraseTitle: [(n: string) => `Xoá dữ liệu của ${n} cuộc gọi?`, (n: string) => `Erase the data of ${n} calls?`],
  cannotUndo: ['Xoá rồi không khôi phục được', 'This cannot be undone'],
  cannotUndoLead: [
    'Kể cả từ bản sao lưu. Nếu còn tranh chấp hoặc yêu cầu của cơ quan chức năng, hãy giữ lại thay vì xoá.',
    'Not even from a backup. Where there is a dispute or an order, hold the call instead.',
  ],
  whatGoes: [
    (pictures: string, evidence: string) => `Sẽ mất: thông tin khách hàng, giấy tờ, ${pictures} ảnh và nội dung của ${evidence} biên bản kết quả.`,
    (pictures: string, evidence: string) => `Lost: who the customer is, the papers, ${pictures} pictures and the content of ${evidence} records of verdicts.`,
  ],
  whatStays: [
    'Vẫn còn: thời điểm cuộc gọi, kết quả, nhân viên phục vụ và chữ ký, không kèm thông tin khách hàng.',
    'Kept: when the call was, its verdict, who served it and the signatures, without the customer.',
  ],
  reason: ['Căn cứ', 'Reason'],
  reasonHint: ['Ghi số văn bản hoặc mã hồ sơ, không ghi tên khách hàng. Lưu trong nhật ký kiểm toán.', 'A file number; no names. Kept in the audit.'],
  phrase: [(n: string) => `XOA ${n}`, (n: string) => `ERASE ${n}`],
  typePhrase: [(phrase: string) => `Gõ «${phrase}» để xác nhận`, (phrase: string) => `Type “${phrase}” to confirm`],
  phraseDiffers: [(phrase: string) => `Chưa đúng. Gõ «${phrase}».`, (phrase: string) => `Not right. Type “${phrase}”.`],
  eraseDo: ['Xoá vĩnh viễn', 'Erase for good'],
  done: [(n: string) => `Đã xoá dữ liệu của ${n} cuộc gọi`, (n: string) => `The data of ${n} calls was erased`],
  doneNothing: ['Không có gì bị xoá', 'Nothing was erased'],
  doneLead: ['Dòng ký số dưới đây là bằng chứng đã xoá; hãy lưu vào hồ sơ yêu cầu.', 'The signed lines below prove the erasure; keep them with the request.'],
  results: ['Kết quả xoá', 'What was erased'],
  outcome: ['Kết quả', 'Outcome'],
  line: ['Dòng trong danh sách đã xoá', 'Line of the list of erased calls'],
  lineNo: [(n: string) => `Số ${n}`, (n: string) => `No. ${n}`],
  hash: ['Mã băm (SHA-256)', 'Hash (SHA-256)'],

  holdsLead: ['Dữ liệu được giữ không bị xoá theo yêu cầu, cũng không tự hết hạn.', 'What is held is neither erased on demand nor at the end of its time.'],
  noHolds: ['Không có cuộc gọi nào đang được giữ', 'No call is held'],
  noHoldsHint: ['Tìm cuộc gọi ở phần «Xoá dữ liệu khách hàng» rồi chọn «Giữ».', 'Find the call under “Erase a customer’s data” and choose “Hold”.'],
  heldSince: ['Giữ từ', 'Held since'],
  heldBy: ['Người giữ', 'By'],
  hold: ['Giữ', 'Hold'],
  holdTitle: ['Giữ dữ liệu cuộc gọi này?', 'Hold this call’s data?'],
  holdLead: ['Dữ liệu sẽ không bị xoá cho đến khi có người bỏ giữ.', 'It will not be erased until somebody releases it.'],
  release: ['Bỏ giữ', 'Release'],
  releaseTitle: ['Bỏ giữ dữ liệu cuộc gọi này?', 'Release this call’s data?'],
  releaseLead: [
    'Dữ liệu lại có thể bị xoá theo yêu cầu, và tự hết hạn theo quy định của công ty; nếu thời hạn đã qua thì bị xoá trong vòng một giờ.',
    'It can be erased on demand again, and expires by the company’s rules; if its time is over, within the hour.',
  ],
  fromCall: ['Giữ hoặc xoá dữ liệu', 'Hold or erase the data'],

  missingLead: [
    'Cuộc gọi đã có video nhưng chưa có hồ sơ bằng chứng, cũ nhất trước. Hồ sơ thường nằm ở máy trạm ghi bên dưới: bật máy, đăng nhập để máy gửi tiếp.',
    'Calls that reached video and left no evidence here, oldest first. It is usually still on the workstation named below: start it and sign in, and it sends on.',
  ],
  missingTab: ['Đã kết thúc, thiếu', 'Ended without it'],
  dueTab: ['Đang chờ gửi về', 'Awaited'],
  noneMissing: ['Không thiếu bằng chứng nào', 'No evidence is missing'],
  noneDue: ['Không có cuộc gọi nào đang chờ bằng chứng', 'No call awaits evidence'],
  why: ['Vì sao biết là thiếu', 'Why it is owed'],
  workstation: ['Máy trạm', 'Workstation'],
  since: ['Từ lúc', 'Since'],
});

export const caseStanding: Readonly<Record<CaseStanding, Text>> = {
  erasable: ['Xoá được', 'Can be erased'],
  running: ['Đang diễn ra', 'Running'],
  held: ['Đang được giữ', 'Held'],
  erased: ['Đã xoá theo yêu cầu', 'Erased on demand'],
  expired: ['Đã hết hạn lưu', 'Its time was over'],
};

export const eraseOutcome: Readonly<Record<EraseOutcome, Text>> = {
  erased: ['Đã xoá', 'Erased'],
  erased_before: ['Đã xoá từ trước', 'Erased before'],
  expired: ['Đã hết hạn lưu từ trước', 'Its time was over before'],
  held: ['Không xoá: đang được giữ', 'Not erased: held'],
  running: ['Không xoá: cuộc gọi chưa kết thúc', 'Not erased: the call runs'],
};

export const owedBecause: Readonly<Record<OwedBecause, Text>> = {
  sealed: ['Máy trạm đã báo có kết quả, nhưng chưa gửi hồ sơ về.', 'The workstation told of its verdict and has not sent the evidence.'],
  conversation_over: [
    'Hai bên mất liên lạc với máy chủ khi đang gọi video; có thể đã có kết quả.',
    'Both ends went silent in the conversation; there may be a verdict.',
  ],
};
