"""The text of README.txt in a backup, for people who find it without the program."""

from __future__ import annotations

README = """\
BẢN SAO LƯU CỦA KHO LỜI KỂ                              (English below)

Thư mục này giữ bản sao của một kho lịch sử truyền miệng, do chương trình Lời Kể
ghi bằng lệnh "flask backup". Đừng đổi tên, sửa hay xóa từng tệp trong đây.

  objects/sha256/ab/cd/…   Bản gốc: băng ghi âm, phim, ảnh, tài liệu. Tên tệp là
                           mã SHA-256 của nội dung; đuôi tệp ban đầu nằm trong cơ
                           sở dữ liệu (bảng media_file). Mỗi bản gốc chỉ giữ một lần.
  copies/SỐ_NGÀY-GIỜ/      Một bản sao hoàn chỉnh, giờ UTC; số lớn nhất là mới nhất:
    archive.db             cơ sở dữ liệu (SQLite): phỏng vấn, nhân chứng, bản gỡ băng
    settings.env           thiết lập của máy, không có mật khẩu
    secret_key             chỉ có khi người sao lưu yêu cầu
    manifest.json          mã SHA-256 của từng tệp; thiếu tệp này là bản chưa xong

Tệp quá 4 GB được cắt thành TÊN.001, TÊN.002 …; ghép lại bằng: cat TÊN.* > TÊN

Khôi phục: cài chương trình Lời Kể, đặt LOIKE_HOME là một thư mục trống, rồi chạy
    flask --app app restore THƯ-MỤC-NÀY


A BACKUP OF AN ARCHIVE MADE WITH LỜI KỂ

This folder holds copies of an oral-history archive, written by the command
"flask backup" of the program Lời Kể. Do not rename, change or remove single files.

  objects/sha256/ab/cd/…   The originals: sound, film, pictures, documents. A file is
                           named by the SHA-256 of its content; its first name is in
                           the database (table media_file). Each is kept once.
  copies/NUMBER_TIME/      One finished copy, time in UTC; the highest is the newest:
    archive.db             the database (SQLite): interviews, people, transcripts
    settings.env           the settings of the machine, without passwords
    secret_key             only if it was asked for
    manifest.json          SHA-256 of every file; without it the copy is unfinished

A file of more than 4 GB is cut into NAME.001, NAME.002 …; join: cat NAME.* > NAME

To restore: install Lời Kể, set LOIKE_HOME to an empty folder, and run
    flask --app app restore THIS-FOLDER
"""
